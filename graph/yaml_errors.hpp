// What is wrong with text that is no YAML, in words that say what to do about it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace graph {

/// What yaml-cpp's message means to somebody who has written a pipeline.
std::string explain_yaml_error(const std::string& message);

struct BadByte {
    size_t at;
    std::string why;
};
/// A tab or another space that indents but is none to YAML, which yaml-cpp explains badly or takes
/// for a name.
std::optional<BadByte> find_bad_indentation(std::string_view text);

/// Where the first quote stands that its line does not close; npos: none.
size_t find_open_quote(std::string_view text);

/// Whether text is between quotes that an editor has made typographic.
bool has_typographic_quotes(std::string_view text);

}  // namespace graph
