// See metadata.hpp.
#include "formats/metadata.hpp"

#include "formats/error.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace formats {

namespace {

/// "./a//b" and "a/b" name the same.
std::string normal(std::string_view path) {
    return std::filesystem::path(path).lexically_normal().generic_string();
}

size_t key_column(const Table& table, const std::string& name, const std::string& key) {
    const auto& columns = table.columns;
    std::vector<std::string> wanted{key};
    if (key.empty()) wanted = {"path", "file"};
    for (const std::string& column : wanted)
        if (const auto found = std::find(columns.begin(), columns.end(), column);
            found != columns.end())
            return static_cast<size_t>(found - columns.begin());
    throw FormatError(
        fmt::format("{}: no column '{}' that names the images, among: {}; name one of them", name,
                    fmt::join(wanted, "' or '"), fmt::join(columns, ", ")));
}

}  // namespace

Metadata::Metadata(const std::filesystem::path& csv, const std::string& key)
    : Metadata(read_csv(csv), csv.string(), key) {}

Metadata::Metadata(Table table, const std::string& name, const std::string& key)
    : columns_(std::move(table.columns)), rows_(std::move(table.rows)) {
    const size_t column = key_column({columns_, {}}, name, key);
    const auto at = [&](auto& list) { return list.begin() + static_cast<std::ptrdiff_t>(column); };
    columns_.erase(at(columns_));
    for (size_t row = 0; row < rows_.size(); ++row) {
        keys_.push_back(normal(rows_[row][column]));
        rows_[row].erase(at(rows_[row]));
        if (keys_[row].empty())
            throw FormatError(fmt::format("{}: row {} names no image", name, row + 1));
        const auto [place, is_new] = places_.emplace(keys_[row], row);
        if (!is_new)
            throw FormatError(fmt::format("{}: rows {} and {} are both of '{}'; keep one of them",
                                          name, place->second + 1, row + 1, keys_[row]));
    }
}

std::optional<size_t> Metadata::row_of(std::string_view path) const {
    std::string rest = normal(path);
    while (true) {
        if (const auto found = places_.find(rest); found != places_.end()) return found->second;
        const size_t slash = rest.find('/');
        if (slash == std::string::npos) return std::nullopt;
        rest.erase(0, slash + 1);
    }
}

MetadataMatch match(const Metadata& metadata, const std::vector<std::string>& paths) {
    MetadataMatch result;
    std::vector<size_t> uses(metadata.rows(), 0);
    for (const std::string& path : paths) {
        result.rows.push_back(metadata.row_of(path));
        if (result.rows.back()) ++uses[*result.rows.back()];
    }
    for (size_t row = 0; row < uses.size(); ++row) {
        if (uses[row] == 0) result.unused.push_back(row);
        if (uses[row] > 1) result.shared.push_back(row);
    }
    return result;
}

}  // namespace formats
