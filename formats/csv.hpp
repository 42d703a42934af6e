// Tidy tables as CSV: one header line, one row per observation, fields quoted as RFC 4180 has it.
#pragma once

#include "formats/publish.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace formats {

struct Table {
    std::vector<std::string> columns;
    std::vector<std::vector<std::string>> rows;  // each as long as columns

    /// Where a column is; throws FormatError if there is none of that name.
    size_t column(const std::string& name) const;
};

/// A number as text that reads back to the same number, in the shortest form.
std::string csv_number(double value);

std::string to_csv(const Table& table);
/// One line of it.
std::string csv_row(const std::vector<std::string>& fields);
/// Lines may end in LF or CRLF. `name` is for errors: "metrics.csv:3: 4 fields, but the header has
/// 5". Throws FormatError.
Table parse_csv(std::string_view text, const std::string& name);

/// True if published (see Publication::commit). Throws IoError.
bool write_csv(const std::filesystem::path& path, const Table& table,
               Publish publish = Publish::replace);
Table read_csv(const std::filesystem::path& path);

}  // namespace formats
