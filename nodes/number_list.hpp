// Lists of numbers as they are written on the command line.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace nodes {

/// "3,7,10-20": ranges from first to last, in their order; "" is none. Throws ConfigurationError,
/// which begins with `what`.
std::vector<std::pair<uint64_t, uint64_t>> parse_ranges(const std::string& text,
                                                        const std::string& what);
/// "10,20,300,200": `count` numbers, or none of "".
std::vector<uint64_t> parse_numbers(const std::string& text, size_t count, const std::string& what);

}  // namespace nodes
