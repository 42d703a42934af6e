// See number_list.hpp.
#include "nodes/number_list.hpp"

#include "graph/node.hpp"

#include <algorithm>
#include <charconv>

namespace nodes {
namespace {

uint64_t number(std::string_view text, const std::string& what) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
        throw graph::ConfigurationError(fmt::format("{}: '{}' is no whole number", what, text));
    return value;
}

/// Calls each() with what is between the commas.
template <class Each>
void split(std::string_view text, Each each) {
    if (text.empty()) return;
    for (size_t begin = 0; begin <= text.size();) {
        const size_t end = std::min(text.find(',', begin), text.size());
        each(text.substr(begin, end - begin));
        begin = end + 1;
    }
}

}  // namespace

std::vector<std::pair<uint64_t, uint64_t>> parse_ranges(const std::string& text,
                                                        const std::string& what) {
    std::vector<std::pair<uint64_t, uint64_t>> ranges;
    split(text, [&](std::string_view one) {
        const size_t dash = one.find('-');
        const uint64_t first = number(one.substr(0, dash), what);
        const uint64_t last =
            dash == std::string_view::npos ? first : number(one.substr(dash + 1), what);
        if (last < first)
            throw graph::ConfigurationError(
                fmt::format("{}: '{}' ends before it begins", what, one));
        ranges.emplace_back(first, last);
    });
    return ranges;
}

std::vector<uint64_t> parse_numbers(const std::string& text, size_t count,
                                    const std::string& what) {
    std::vector<uint64_t> numbers;
    split(text, [&](std::string_view one) { numbers.push_back(number(one, what)); });
    if (!numbers.empty() && numbers.size() != count)
        throw graph::ConfigurationError(
            fmt::format("{} takes {} numbers, not {}", what, count, numbers.size()));
    return numbers;
}

}  // namespace nodes
