// The integer kernel for AVX-512 with VNNI, whose one instruction multiplies pairs and adds them,
// without saturation: the only file that is compiled with those flags.
#include "models/integer_row.hpp"

#include <immintrin.h>

namespace models {
namespace {

struct Avx512 {
    using Vector = __m512i;
    static constexpr int lanes = 16;
    static constexpr int sums = 16;

    static Vector load(const int32_t* from) { return _mm512_loadu_si512(from); }
    static void store(int32_t* to, Vector from) { _mm512_storeu_si512(to, from); }
    static Vector broadcast(int32_t value) { return _mm512_set1_epi32(value); }
    static Vector add_products(Vector sum, Vector pairs, Vector weights) {
        return _mm512_dpwssd_epi32(sum, pairs, weights);
    }
};

}  // namespace

void run_row_avx512(const IntegerRow& row) { run_row<Avx512>(row); }

}  // namespace models
