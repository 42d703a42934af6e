// Kernels of our own, compiled for two instruction sets: plain x86-64, and AVX2 with FMA where the
// machine has it. They are written with vectors of eight floats, which the compiler maps to either.
#pragma once

#include "models/onednn.hpp"

namespace models::simd {

using Lanes [[gnu::vector_size(32)]] = float;
using Unaligned [[gnu::vector_size(32), gnu::aligned(4), gnu::may_alias]] = float;
constexpr int64_t lanes = 8;

/// Follows ONEDNN_MAX_CPU_ISA, so that tests reach all.
template <dnnl::cpu_isa isa>
bool has() {
    constexpr auto bits = static_cast<unsigned>(isa);
    static const bool all = (static_cast<unsigned>(dnnl::get_effective_cpu_isa()) & bits) == bits;
    return all;
}
inline bool has_avx2() { return has<dnnl::cpu_isa::avx2>(); }
inline bool has_avx512_vnni() { return has<dnnl::cpu_isa::avx512_core_vnni>(); }

// References, because how a vector is passed by value depends on the instruction set.
[[gnu::always_inline]] inline void load(Lanes& to, const float* from) {
    to = *reinterpret_cast<const Unaligned*>(from);
}
[[gnu::always_inline]] inline void store(float* to, const Lanes& from) {
    *reinterpret_cast<Unaligned*>(to) = from;
}

/// The first `some` lanes only; load_some makes the others 0.
[[gnu::always_inline]] inline void load_some(Lanes& to, const float* from, int64_t some) {
    if (some >= lanes) return load(to, from);
    to = Lanes{};
#pragma GCC unroll 8  // a vector that is indexed by a variable would live in memory
    for (int64_t i = 0; i < lanes; ++i)
        if (i < some) to[i] = from[i];
}
[[gnu::always_inline]] inline void store_some(float* to, const Lanes& from, int64_t some) {
    if (some >= lanes) return store(to, from);
#pragma GCC unroll 8
    for (int64_t i = 0; i < lanes; ++i)
        if (i < some) to[i] = from[i];
}

[[gnu::always_inline]] inline float sum(const Lanes& of) {
    return ((of[0] + of[1]) + (of[2] + of[3])) + ((of[4] + of[5]) + (of[6] + of[7]));
}

/// low and high, one after the other: those at even and at odd places.
[[gnu::always_inline]] inline void split(const Lanes& low, const Lanes& high, Lanes& even,
                                         Lanes& odd) {
    even = __builtin_shufflevector(low, high, 0, 2, 4, 6, 8, 10, 12, 14);
    odd = __builtin_shufflevector(low, high, 1, 3, 5, 7, 9, 11, 13, 15);
}
/// Undoes split.
[[gnu::always_inline]] inline void join(const Lanes& even, const Lanes& odd, Lanes& low,
                                        Lanes& high) {
    low = __builtin_shufflevector(even, odd, 0, 8, 1, 9, 2, 10, 3, 11);
    high = __builtin_shufflevector(even, odd, 4, 12, 5, 13, 6, 14, 7, 15);
}

template <class Kernel, class... Arguments>
[[gnu::target("avx2,fma")]] void run_avx2(Arguments... arguments) {
    Kernel::run(arguments...);
}

/// Kernel::run(arguments...), which must be always_inline and call only what is.
template <class Kernel, class... Arguments>
void run(Arguments... arguments) {
    if (has_avx2())
        run_avx2<Kernel, Arguments...>(arguments...);
    else
        Kernel::run(arguments...);
}

}  // namespace models::simd
