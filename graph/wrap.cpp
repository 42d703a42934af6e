// See wrap.hpp.
#include "graph/wrap.hpp"

#include <algorithm>
#include <sstream>

#include <fmt/format.h>

namespace graph {

namespace {

/// `first` begins the first line, `indent` the others.
std::string wrap_after(const std::string& first, const std::string& text,
                       const std::string& indent) {
    std::string lines, line = first;
    bool fresh = true;  // the line has no word yet
    std::istringstream words(text);
    for (std::string word; words >> word; fresh = false) {
        if (!fresh && line.size() + 1 + word.size() > line_width) {
            lines += line + "\n";
            line = indent;
            fresh = true;
        }
        line += (fresh ? "" : " ") + word;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    return lines + line + "\n";
}

}  // namespace

std::string wrap(const std::string& text, const std::string& indent) {
    return wrap_after(indent, text, indent);
}

std::string table(const std::vector<Row>& rows, const std::string& indent) {
    size_t width = 0;
    for (const Row& row : rows) width = std::max(width, row.left.size());
    std::string text;
    for (const Row& row : rows)
        text += wrap_after(fmt::format("{}{:<{}}  ", indent, row.left, width), row.right,
                           std::string(indent.size() + width + 2, ' '));
    return text;
}

}  // namespace graph
