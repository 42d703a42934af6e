// Sizes of memory, as people write and read them.
#pragma once

#include "graph/value.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace graph {

/// Bytes of "2GB", "500 MB", "1.5GiB" or a number; nothing if it is none of these, or negative.
std::optional<int64_t> parse_size(const Value& value);

/// "1.3 GB", "250 MB", "12 kB".
std::string size_text(uint64_t bytes);

}  // namespace graph
