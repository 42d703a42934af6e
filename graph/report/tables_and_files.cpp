// The tables that the run wrote, its settings, and the files of its folder.
#include "graph/report/csv_text.hpp"
#include "graph/report/html.hpp"
#include "graph/report/sections.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace graph::report {

namespace fs = std::filesystem;

namespace {

constexpr uintmax_t largest_table = 4'000'000;  // bytes
constexpr size_t most_rows = 100, most_tables = 8, most_files = 60;
constexpr size_t rows_shown_open = 25;

/// A number is cut to what can be read, all else stays.
std::string cell(const std::string& text) {
    double value = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool number = error == std::errc() && stop == text.data() + text.size();
    return number && text.size() > 8 && text.find('.') != text.npos ? short_number(value)
                                                                    : escape(text);
}

bool is_number(const std::string& text) {
    double value = 0;
    return std::from_chars(text.data(), text.data() + text.size(), value).ptr ==
           text.data() + text.size();
}

std::string csv_table(const fs::path& file) {
    std::error_code error;
    if (fs::file_size(file, error) > largest_table || error) return {};
    const CsvText csv = parse_csv_text(read_bytes(file));
    if (csv.rows.empty()) return {};
    HtmlTable table;
    table.text_columns = 0;  // as many as are no numbers, from the left
    while (table.text_columns < csv.columns.size() && !is_number(csv.rows[0][table.text_columns]))
        ++table.text_columns;
    for (const auto& column : csv.columns) table.columns.push_back(escape(column));
    for (const auto& row : csv.rows) {
        if (table.rows.size() == most_rows) break;
        auto& cells = table.rows.emplace_back();
        for (const auto& field : row) cells.push_back(cell(field));
    }
    if (csv.rows.size() > most_rows)
        table.note =
            fmt::format("The first {} of {} rows.", most_rows, whole_number(csv.rows.size()));
    return folded(fmt::format("{} <span class=note>{} rows</span>",
                              escape(file.filename().string()), whole_number(csv.rows.size())),
                  to_html(table), csv.rows.size() <= rows_shown_open);
}

/// Of a folder the files in it, not what lies deeper.
std::string size_of(const fs::path& file) {
    std::error_code error;
    if (!fs::is_directory(file, error)) {
        const uintmax_t size = fs::file_size(file, error);
        return error ? "" : byte_size(size);
    }
    const auto count = std::distance(fs::directory_iterator(file, error), fs::directory_iterator());
    return error ? "" : fmt::format("{} files", count);
}

}  // namespace

std::string tables_part(const Record& record) {
    std::string text;
    size_t tables = 0;
    for (const auto& file : record.files_like(".csv"))
        if (file.filename() != "metrics.csv" && tables < most_tables) {
            const std::string table = csv_table(file);
            text += table;
            tables += table.empty() ? 0 : 1;
        }
    return text;
}

std::string settings_part(const Record& record) {
    std::string text = folded(
        "resolved.yaml <span class=note>the pipeline, all filled in; it runs again as it is</span>",
        "<pre>" + escape(record.resolved) + "</pre>\n");
    const auto& libraries = record.status.libraries;
    if (libraries.empty()) return text;
    std::string list;
    for (const auto& library : libraries) list += escape(library) + "\n";
    return text + folded(fmt::format("Libraries <span class=note>{} that it ran on</span>",
                                     libraries.size()),
                         "<pre class=columns>" + list + "</pre>\n");
}

std::string files_part(const Record& record) {
    HtmlTable table{{"file", "size"}, {}};
    for (const auto& file : record.files) {
        const std::string name = file.filename().string();
        if (name == "report.html") continue;
        if (table.rows.size() == most_files) {
            table.note = fmt::format("The first {} of {}.", most_files, record.files.size());
            break;
        }
        table.rows.push_back(
            {fmt::format("<a href=\"{}\">{}</a>", relative_url(name), escape(name)),
             size_of(file)});
    }
    return to_html(table);
}

}  // namespace graph::report
