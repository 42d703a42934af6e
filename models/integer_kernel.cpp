// See integer_kernel.hpp: plain C++, SSE2, which every x86-64 has, and the choice at run time.
#include "models/integer_kernel.hpp"

#include "models/integer_row.hpp"
#include "models/simd.hpp"

#include <emmintrin.h>

namespace models {
namespace {

/// What all others must equal.
struct Scalar {
    using Vector = int32_t;
    static constexpr int lanes = 1;
    static constexpr int sums = 8;

    static Vector load(const int32_t* from) { return *from; }
    static void store(int32_t* to, Vector from) { *to = from; }
    static Vector broadcast(int32_t value) { return value; }
    static Vector add_products(Vector sum, Vector pairs, Vector weights) {
        return sum + static_cast<int16_t>(pairs) * static_cast<int16_t>(weights) +
               (pairs >> 16) * (weights >> 16);
    }
};

struct Sse2 {
    using Vector = __m128i;
    static constexpr int lanes = 4;
    static constexpr int sums = 8;

    static Vector load(const int32_t* from) {
        return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    }
    static void store(int32_t* to, Vector from) {
        _mm_storeu_si128(reinterpret_cast<__m128i*>(to), from);
    }
    static Vector broadcast(int32_t value) { return _mm_set1_epi32(value); }
    static Vector add_products(Vector sum, Vector pairs, Vector weights) {
        return _mm_add_epi32(sum, _mm_madd_epi16(pairs, weights));
    }
};

}  // namespace

const std::vector<IntegerKernel>& integer_kernels() {
    static const std::vector<IntegerKernel> kernels = [] {
        std::vector<IntegerKernel> all;
        if (simd::has_avx512_vnni()) all.push_back({"avx512_vnni", run_row_avx512});
        if (simd::has_avx2()) all.push_back({"avx2", run_row_avx2});
        all.push_back({"sse2", run_row<Sse2>});
        all.push_back({"scalar", run_row<Scalar>});
        return all;
    }();
    return kernels;
}

}  // namespace models
