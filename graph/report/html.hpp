// Pieces of HTML that every part of a report is made of. What comes from files goes through
// escape(); all other functions take and give HTML.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace graph::report {

/// Any bytes as text that may stand in HTML and SVG, within quotes too: markup is escaped, and
/// what is no UTF-8, or a control character, becomes U+FFFD.
std::string escape(std::string_view text);

/// A path of a file beside the report, for href and src.
std::string relative_url(std::string_view path);

/// "data:TYPE;base64,..."
std::string data_url(std::string_view type, std::string_view bytes);

/// A number to read: four digits, no zeros at the end.
std::string short_number(double value);
std::string whole_number(uint64_t value);  // 12,345
std::string duration(double seconds);      // "0.42 s", "3 min 5 s", "2 h 10 min"
std::string byte_size(uint64_t bytes);     // "1.2 MB"

struct HtmlTable {
    std::vector<std::string> columns;
    std::vector<std::vector<std::string>> rows;
    size_t text_columns = 1;  // so many are aligned to the left, the rest are numbers
    std::string note = {};    // below it, such as "and 3 more"
};
/// Scrolls in its own box if it is too wide. Empty without rows.
std::string to_html(const HtmlTable& table);

/// Without the columns of numbers that have none.
HtmlTable without_empty_columns(HtmlTable table);

/// A list of names and values, as many in a row as fit.
std::string to_facts(const std::vector<std::pair<std::string, std::string>>& facts);

/// A titled part of the page; empty if its body is.
std::string section(std::string_view id, std::string_view title, const std::string& body);

/// What can be opened to be read.
std::string folded(const std::string& title, const std::string& body, bool open = false);

/// The whole document, which needs nothing but itself. `title` is plain text.
std::string page(std::string_view title, const std::string& body);

}  // namespace graph::report
