// The squared Euclidean distance of two vectors, eight floats at a time. It adds in one order on
// every processor and never fuses a product with a sum, so that an index that is built on another
// machine has the same bytes.
#pragma once

#include <cstddef>

namespace formats {

/// Vectors are filled up with zeros to a multiple of this many values.
inline constexpr size_t distance_lanes = 8;

inline size_t padded_dimension(size_t dimension) {
    return (dimension + distance_lanes - 1) / distance_lanes * distance_lanes;
}

/// As hnswlib calls it: `a` and `b` point to floats, `size` to a size_t, their padded dimension.
using SquaredDistance = float (*)(const void* a, const void* b, const void* size);

/// With AVX2 where the machine has it, else with what every x86-64 has.
SquaredDistance squared_distance();
SquaredDistance plain_squared_distance();

}  // namespace formats
