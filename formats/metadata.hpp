// What users know of their images, such as well, dose or patient, from a CSV of theirs: its rows
// are found by the paths of images.
#pragma once

#include "formats/csv.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace formats {

class Metadata {
  public:
    /// `key` names the column that names images; empty: the first of `path` and `file` that is
    /// there. Throws FormatError if there is no such column, an empty name, or two rows of one
    /// name; IoError.
    explicit Metadata(const std::filesystem::path& csv, const std::string& key = "");
    /// `name` is for errors.
    Metadata(Table table, const std::string& name, const std::string& key = "");

    /// All but the key, in the order of the file.
    const std::vector<std::string>& columns() const { return columns_; }
    size_t rows() const { return rows_.size(); }
    /// The fields of a row, in the order of columns().
    const std::vector<std::string>& fields(size_t row) const { return rows_[row]; }
    const std::string& key(size_t row) const { return keys_[row]; }

    /// The row of an image: the one whose name is the path, or else as many of its last parts as
    /// there is a row for. "a/b/c.tif" is named by "a/b/c.tif", "b/c.tif" or "c.tif", in this
    /// order.
    std::optional<size_t> row_of(std::string_view path) const;

  private:
    std::vector<std::string> columns_, keys_;
    std::vector<std::vector<std::string>> rows_;
    std::unordered_map<std::string, size_t> places_;  // of keys
};

/// How well the rows fit the images.
struct MetadataMatch {
    std::vector<std::optional<size_t>> rows;  // of each path
    std::vector<size_t> unused;               // rows of no path
    std::vector<size_t> shared;  // rows of several paths: their names need more of the path
};
MetadataMatch match(const Metadata& metadata, const std::vector<std::string>& paths);

}  // namespace formats
