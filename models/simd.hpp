// Kernels of our own, compiled for two instruction sets: plain x86-64, and AVX2 with FMA where the
// machine has it. They are written with vectors of eight floats, which the compiler maps to either.
#pragma once

#include "models/onednn.hpp"

#include <cstring>

namespace models::simd {

using Lanes [[gnu::vector_size(32)]] = float;
constexpr int64_t lanes = 8;

/// Follows ONEDNN_MAX_CPU_ISA, so that tests reach both.
inline bool has_avx2() {
    constexpr auto avx2 = static_cast<unsigned>(dnnl::cpu_isa::avx2);
    return (static_cast<unsigned>(dnnl::get_effective_cpu_isa()) & avx2) == avx2;
}

// References, because how a vector is passed by value depends on the instruction set.
[[gnu::always_inline]] inline void load(Lanes& to, const float* from) {
    std::memcpy(&to, from, sizeof to);
}
[[gnu::always_inline]] inline void store(float* to, const Lanes& from) {
    std::memcpy(to, &from, sizeof from);
}

template <class Kernel, class... Arguments>
[[gnu::target("avx2,fma")]] void run_avx2(Arguments... arguments) {
    Kernel::run(arguments...);
}

/// Kernel::run(arguments...), which must be always_inline and call only what is.
template <class Kernel, class... Arguments>
void run(Arguments... arguments) {
    if (has_avx2())
        run_avx2<Kernel>(arguments...);
    else
        Kernel::run(arguments...);
}

}  // namespace models::simd
