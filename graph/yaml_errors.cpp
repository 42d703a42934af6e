// See yaml_errors.hpp.
#include "graph/yaml_errors.hpp"

#include <algorithm>
#include <utility>

namespace graph {

namespace {

// yaml-cpp says what it expected; the cause is nearly always one of these.
const std::pair<const char*, const char*> meanings[] = {
    {"illegal map value",
     "a ':' where none can be: the line is indented too far, or a ':' is missing before it"},
    {"illegal map key", "a name where none can be: the line is indented too far"},
    {"end of map not found",
     "the indentation is that of no line above: indent it as much as its neighbours"},
    {"end of sequence not found",
     "the indentation is that of no line above: indent it as much as its neighbours"},
    {"illegal block entry", "a '-' where no list can be: the line is indented too far"},
    {"end of map flow not found", "a '}' or a ',' is missing before this"},
    {"end of sequence flow not found", "a ']' or a ',' is missing before this"},
    {"illegal flow end", "a '}' or ']' that nothing opens; remove it"},
    {"the referenced anchor is not defined",
     "the alias stands for no anchor (&name) above it; write the value out"},
    {"illegal EOF in scalar", "a quote is not closed"},
    {"unknown token", "a character that no value begins with; put the value in quotes"},
};

}  // namespace

std::string explain_yaml_error(const std::string& message) {
    for (const auto& [theirs, ours] : meanings)
        if (message == theirs) return ours;
    return message;
}

std::optional<BadByte> find_bad_indentation(std::string_view text) {
    const std::pair<std::string_view, const char*> others[] = {
        {"\xC2\xA0", "a no-break space in the indentation; use plain spaces"},
        {"\xE3\x80\x80", "an ideographic space in the indentation; use plain spaces"},
        {"\xE2\x80\x8B", "an invisible space in the indentation; remove it"}};
    for (size_t begin = 0; begin < text.size();) {
        const size_t end = std::min(text.find('\n', begin), text.size());
        const std::string_view line = text.substr(begin, end - begin);
        const size_t tab = line.find('\t');
        const size_t content = line.find_first_not_of(" \t\r");
        if (content != std::string_view::npos) {
            if (tab < content && line[content] != '#')
                return BadByte{begin + tab, "a tab in the indentation; use spaces"};
            for (const auto& [space, why] : others)
                if (line.substr(content).starts_with(space)) return BadByte{begin + content, why};
        }
        begin = end + 1;
    }
    return {};
}

size_t find_open_quote(std::string_view text) {
    size_t open = std::string_view::npos;
    char quote = 0;  // that is open
    char before = '\n';
    for (size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quote != 0 && c == '\\' && quote == '"') {
            ++i;
        } else if (quote != 0) {
            if (c == '\n') return open;
            if (c == quote) quote = 0;
        } else if (c == '#' && (before == ' ' || before == '\n')) {
            i = std::min(text.find('\n', i), text.size());
        } else if ((c == '"' || c == '\'') &&
                   std::string_view(" \n:,[{-").find(before) != std::string_view::npos) {
            quote = c;  // where a value begins; elsewhere it is a letter, as in don't
            open = i;
        }
        before = i < text.size() ? text[i] : '\n';
    }
    return quote != 0 ? open : std::string_view::npos;
}

bool has_typographic_quotes(std::string_view text) {
    for (const auto& [left, right] :
         {std::pair<std::string_view, std::string_view>{"\xE2\x80\x9C", "\xE2\x80\x9D"},
          {"\xE2\x80\x98", "\xE2\x80\x99"},
          {"\xE2\x80\x9E", "\xE2\x80\x9C"}})
        if (text.size() >= left.size() + right.size() && text.starts_with(left) &&
            text.ends_with(right))
            return true;
    return false;
}

}  // namespace graph
