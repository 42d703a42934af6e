// See csv.hpp.
#include "formats/csv.hpp"

#include "formats/error.hpp"
#include "formats/file.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace formats {

namespace {

void append_row(std::string& text, const std::vector<std::string>& fields) {
    for (size_t i = 0; i < fields.size(); ++i) {
        if (i > 0) text += ',';
        const std::string& field = fields[i];
        // A row of one empty field would be an empty line, which readers skip.
        const bool quoted = field.find_first_of(",\"\r\n") != std::string::npos ||
                            (fields.size() == 1 && field.empty()) || field.starts_with(' ') ||
                            field.ends_with(' ');
        if (!quoted) {
            text += field;
            continue;
        }
        text += '"';
        for (char c : field) text.append(c == '"' ? 2 : 1, c);
        text += '"';
    }
    text += '\n';
}

/// Goes through CSV text, one field at a time.
class Parser {
  public:
    Parser(std::string_view text, const std::string& name) : text_(text), name_(name) {}

    bool at_end() const { return position_ == text_.size(); }
    int line() const { return line_; }

    std::vector<std::string> row() {
        std::vector<std::string> fields;
        do fields.push_back(field());
        while (take(','));
        take('\r');
        if (!at_end() && !take('\n')) fail("a field goes on after its closing quote");
        ++line_;
        return fields;
    }

    [[noreturn]] void fail(const std::string& why) const {
        throw FormatError(fmt::format("{}:{}: {}", name_, line_, why));
    }

  private:
    bool take(char c) {
        if (at_end() || text_[position_] != c) return false;
        ++position_;
        return true;
    }

    std::string field() {
        if (take('"')) return quoted();
        // Not find_first_of, which is a call for each character.
        const size_t begin = position_;
        for (; !at_end(); ++position_) {
            const char c = text_[position_];
            if (c == ',' || c == '\r' || c == '\n') break;
            if (c == '"') fail("a quote within a field without quotes");
        }
        return std::string(text_.substr(begin, position_ - begin));
    }

    std::string quoted() {
        std::string field;
        int lines = 0;
        while (!at_end()) {
            const char c = text_[position_++];
            if (c == '"' && !take('"')) {
                line_ += lines;
                return field;
            }
            lines += c == '\n';
            field += c;
        }
        fail("a quote is not closed");
    }

    std::string_view text_;
    const std::string& name_;
    size_t position_ = 0;
    int line_ = 1;
};

}  // namespace

size_t Table::column(const std::string& name) const {
    const auto found = std::find(columns.begin(), columns.end(), name);
    if (found == columns.end())
        throw FormatError(fmt::format("no column '{}' among: {}", name, fmt::join(columns, ", ")));
    return static_cast<size_t>(found - columns.begin());
}

std::string csv_number(double value) { return fmt::format("{}", value); }

std::string csv_row(const std::vector<std::string>& fields) {
    std::string text;
    append_row(text, fields);
    return text;
}

std::string to_csv(const Table& table) {
    std::string text;
    append_row(text, table.columns);
    for (const auto& row : table.rows) append_row(text, row);
    return text;
}

Table parse_csv(std::string_view text, const std::string& name) {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";  // spreadsheets begin with it
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    Parser parser(text, name);
    Table table;
    if (parser.at_end()) parser.fail("empty, but a header was expected");
    table.columns = parser.row();
    while (!parser.at_end()) {
        const int line = parser.line();
        auto row = parser.row();
        if (row.size() != table.columns.size())
            throw FormatError(fmt::format("{}:{}: {} fields, but the header has {}", name, line,
                                          row.size(), table.columns.size()));
        table.rows.push_back(std::move(row));
    }
    return table;
}

bool write_csv(const std::filesystem::path& path, const Table& table, Publish publish) {
    return publish_text(path, to_csv(table), publish);
}

Table read_csv(const std::filesystem::path& path) {
    const auto bytes = read_file(path);
    return parse_csv({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path.string());
}

}  // namespace formats
