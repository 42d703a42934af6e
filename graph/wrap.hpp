// Text for people: lines of at most 80 columns.
#pragma once

#include <string>
#include <vector>

namespace graph {

constexpr size_t line_width = 80;

/// Breaks text between words so that no line is longer than line_width, unless one word is. Every
/// line begins with `indent`, and ends in '\n'.
std::string wrap(const std::string& text, const std::string& indent);

struct Row {
    std::string left, right;
};

/// Two columns, the left one as wide as it needs to be; what is too long on the right is wrapped.
std::string table(const std::vector<Row>& rows, const std::string& indent);

}  // namespace graph
