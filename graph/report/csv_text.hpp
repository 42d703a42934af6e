// Reads a CSV file to be shown, for a report that must not fail over a bad one.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace graph::report {

struct CsvText {
    std::vector<std::string> columns;
    std::vector<std::vector<std::string>> rows;
};

/// Fields as RFC 4180 has them; lines end in LF or CRLF. Rows that are shorter or longer than the
/// header are left out: a file that is being written may end within one.
CsvText parse_csv_text(std::string_view text);

/// A whole file's bytes; empty if it cannot be read.
std::string read_bytes(const std::filesystem::path& file);

}  // namespace graph::report
