// See size.hpp.
#include "graph/size.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

namespace graph {

namespace {

struct Unit {
    const char* name;
    double bytes;
};
constexpr Unit units[] = {{"", 1},         {"B", 1},       {"KB", 1e3},     {"MB", 1e6},
                          {"GB", 1e9},     {"TB", 1e12},   {"KIB", 0x1p10}, {"MIB", 0x1p20},
                          {"GIB", 0x1p30}, {"TIB", 0x1p40}};

}  // namespace

std::optional<int64_t> parse_size(const Value& value) {
    if (value.kind != Value::Kind::scalar) return {};
    const std::string& text = value.text;
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || !(number >= 0)) return {};
    std::string unit(end, text.data() + text.size());
    unit.erase(0, std::min(unit.find_first_not_of(' '), unit.size()));
    for (char& c : unit) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    for (const Unit& known : units)
        if (const double bytes = number * known.bytes; unit == known.name && bytes < 1e18)
            return std::llround(bytes);
    return {};
}

std::string size_text(uint64_t bytes) {
    const auto size = static_cast<double>(bytes);
    if (size >= 1e9) return fmt::format("{:.1f} GB", size / 1e9);
    if (size >= 1e6) return fmt::format("{:.0f} MB", size / 1e6);
    return fmt::format("{:.0f} kB", std::ceil(size / 1e3));
}

}  // namespace graph
