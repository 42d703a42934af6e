// The integer kernel for AVX2: the only file that is compiled with -mavx2.
#include "models/integer_row.hpp"

#include <immintrin.h>

namespace models {
namespace {

struct Avx2 {
    using Vector = __m256i;
    static constexpr int lanes = 8;
    static constexpr int sums = 8;

    static Vector load(const int32_t* from) {
        return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
    }
    static void store(int32_t* to, Vector from) {
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), from);
    }
    static Vector broadcast(int32_t value) { return _mm256_set1_epi32(value); }
    static Vector add_products(Vector sum, Vector pairs, Vector weights) {
        return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, weights));
    }
};

}  // namespace

void run_row_avx2(const IntegerRow& row) { run_row<Avx2>(row); }

}  // namespace models
