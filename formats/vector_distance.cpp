// See vector_distance.hpp.
#include "formats/vector_distance.hpp"

namespace formats {

namespace {

using Lanes [[gnu::vector_size(32)]] = float;
using Unaligned [[gnu::vector_size(32), gnu::aligned(4), gnu::may_alias]] = float;

// A reference, because how a vector is passed by value depends on the instruction set.
[[gnu::always_inline]] inline void add_squares(Lanes& sum, const float* a, const float* b) {
    const Lanes difference =
        *reinterpret_cast<const Unaligned*>(a) - *reinterpret_cast<const Unaligned*>(b);
    sum += difference * difference;
}

[[gnu::always_inline]] inline float run(const void* first, const void* second, const void* size) {
    const auto* a = static_cast<const float*>(first);
    const auto* b = static_cast<const float*>(second);
    const size_t count = *static_cast<const size_t*>(size);
    Lanes even{}, odd{};  // two, so that one sum need not wait for the other
    size_t i = 0;
    for (; i + 2 * distance_lanes <= count; i += 2 * distance_lanes) {
        add_squares(even, a + i, b + i);
        add_squares(odd, a + i + distance_lanes, b + i + distance_lanes);
    }
    if (i < count) add_squares(even, a + i, b + i);
    const Lanes sum = even + odd;
    return ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
}

// Without "fma": a fused product would be rounded differently.
[[gnu::target("avx2")]] float run_avx2(const void* a, const void* b, const void* size) {
    return run(a, b, size);
}

float run_plain(const void* a, const void* b, const void* size) { return run(a, b, size); }

}  // namespace

SquaredDistance plain_squared_distance() { return run_plain; }

SquaredDistance squared_distance() { return __builtin_cpu_supports("avx2") ? run_avx2 : run_plain; }

}  // namespace formats
