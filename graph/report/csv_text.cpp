// See csv_text.hpp.
#include "graph/report/csv_text.hpp"

#include <fstream>
#include <iterator>

namespace graph::report {

CsvText parse_csv_text(std::string_view text) {
    CsvText table;
    std::vector<std::string> row(1);
    bool quoted = false;
    const auto end_row = [&] {
        if (table.columns.empty())
            table.columns = std::move(row);
        else if (row.size() == table.columns.size())
            table.rows.push_back(std::move(row));
        row.assign(1, "");
    };
    for (size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted) {
            if (c != '"')
                row.back() += c;
            else if (i + 1 < text.size() && text[i + 1] == '"')
                row.back() += text[++i];
            else
                quoted = false;
        } else if (c == '"' && row.back().empty()) {
            quoted = true;
        } else if (c == ',') {
            row.emplace_back();
        } else if (c == '\n') {
            if (!row.back().empty() && row.back().back() == '\r') row.back().pop_back();
            end_row();
        } else {
            row.back() += c;
        }
    }
    if (row.size() > 1 || !row.back().empty()) end_row();
    return table;
}

std::string read_bytes(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace graph::report
