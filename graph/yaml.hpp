// Values written back as YAML, and what text may be in it. parse_yaml, the other way, is declared
// in document.hpp.
#pragma once

#include "graph/value.hpp"

#include <string>
#include <string_view>

namespace graph {

/// Where the first byte stands that is not of UTF-8 text (or is a control character); npos: none.
size_t find_bad_byte(std::string_view text);

/// A value that is this text.
Value scalar(std::string text);

/// One line of YAML, "{op: batch, with: {size: 8}}", that parse_yaml reads back to the same value.
/// A '$' is doubled, so that nothing is taken for a variable.
std::string write_yaml(const Value& value);

}  // namespace graph
