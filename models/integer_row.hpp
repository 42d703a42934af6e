// The one implementation of IntegerKernel::run, for an instruction set that offers a Vector of
// pairs or sums, its number of lanes, how many sums registers hold, and load, store, broadcast and
// add_products. It is also compiled with -mavx2 and the like, and must not instantiate anything
// that other files share, such as std::min: the linker might keep that copy for all.
#pragma once

#include "models/integer_kernel.hpp"

namespace models {

/// `vectors` times Isa::lanes sums of each channel, all in registers.
template <class Isa, int channels, int vectors>
void sum_block(const int32_t* src, const IntegerProducts& products, int32_t* sums, int64_t stride) {
    typename Isa::Vector sum[channels][vectors];
#pragma GCC unroll 4
    for (int c = 0; c < channels; ++c)
#pragma GCC unroll 4
        for (int v = 0; v < vectors; ++v) sum[c][v] = Isa::broadcast(products.bias[c]);

    const int32_t* weights = products.weights;
    for (int64_t k = 0; k < products.count; ++k, weights += channels) {
        const int32_t* from = src + products.offsets[k];
        typename Isa::Vector pairs[vectors];
#pragma GCC unroll 4
        for (int v = 0; v < vectors; ++v) pairs[v] = Isa::load(from + v * Isa::lanes);
#pragma GCC unroll 4
        for (int c = 0; c < channels; ++c) {
            const typename Isa::Vector weight = Isa::broadcast(weights[c]);
#pragma GCC unroll 4
            for (int v = 0; v < vectors; ++v)
                sum[c][v] = Isa::add_products(sum[c][v], pairs[v], weight);
        }
    }

#pragma GCC unroll 4
    for (int c = 0; c < channels; ++c)
#pragma GCC unroll 4
        for (int v = 0; v < vectors; ++v) Isa::store(sums + c * stride + v * Isa::lanes, sum[c][v]);
}

/// As many vectors at once as the row has left, but no more than registers hold.
template <class Isa, int channels, int vectors>
void sum_some(const int32_t* src, const IntegerProducts& products, int32_t* sums, int64_t stride,
              int64_t left) {
    if constexpr (vectors > 1)
        if (left < vectors)
            return sum_some<Isa, channels, vectors - 1>(src, products, sums, stride, left);
    sum_block<Isa, channels, vectors>(src, products, sums, stride);
}

template <class Isa, int channels>
void sum_phase(const IntegerRow& row, const IntegerProducts& products, int32_t* sums) {
    constexpr int most = Isa::sums / channels < 4 ? Isa::sums / channels : 4;
    for (int64_t x = 0; x < row.columns; x += most * Isa::lanes)
        sum_some<Isa, channels, most>(row.src + x, products, sums + x, row.sums_stride,
                                      (row.columns - x + Isa::lanes - 1) / Isa::lanes);
}

/// The sums of two channels to pairs of results, in place of the first; or of one channel.
template <class Isa, bool two>
void finish_pairs(const IntegerRow& row, const int32_t* shift, int32_t* first) {
    const int32_t* second = first + row.sums_stride;
    const int32_t first_shift = shift[0];
    const int32_t second_shift = two ? shift[1] : 0;
    const int32_t lowest = row.lowest;
    const int32_t largest = row.largest;
    for (int64_t x = 0; x < row.columns; ++x) {
        int32_t low = first[x] >> first_shift;
        int32_t high = two ? second[x] >> second_shift : 0;
        low = low < lowest ? lowest : low;
        high = high < lowest ? lowest : high;
        low = low > largest ? largest : low;
        high = high > largest ? largest : high;
        first[x] = static_cast<int32_t>((static_cast<uint32_t>(low) & 0xffffU) |
                                        (static_cast<uint32_t>(high) << 16));
    }
}

template <class Isa, int phases>
void interleave(const int32_t* src, int64_t stride, int64_t columns, int32_t* dst) {
    for (int64_t x = 0; x < columns; ++x)
#pragma GCC unroll 4
        for (int phase = 0; phase < phases; ++phase)
            dst[phases * x + phase] = src[phase * stride + x];
}

template <class Isa>
void sum_row(const IntegerRow& row) {
    if (row.channels == 1) {
        if (row.phases == 4)
            sum_phase<Isa, 4>(row, row.products[0], row.sums);
        else
            sum_phase<Isa, 2>(row, row.products[0], row.sums);
        for (int64_t phase = 0; phase < row.phases; ++phase)
            finish_pairs<Isa, false>(row, row.products[0].shift + phase,
                                     row.sums + phase * row.sums_stride);
        return;
    }
    for (int64_t phase = 0; phase < row.phases; ++phase) {
        const IntegerProducts& products = row.products[phase];
        int32_t* sums = row.sums + phase * row.channels * row.sums_stride;
        if (row.channels == 4)
            sum_phase<Isa, 4>(row, products, sums);
        else
            sum_phase<Isa, 2>(row, products, sums);
        for (int64_t c = 0; c < row.channels; c += 2)
            finish_pairs<Isa, true>(row, products.shift + c, sums + c * row.sums_stride);
    }
}

template <class Isa>
void run_row(const IntegerRow& row) {
    sum_row<Isa>(row);
    const int64_t phase_stride = row.channels * row.sums_stride;
    for (int64_t c = 0; c < row.channels; c += 2) {
        const int32_t* sums = row.sums + c * row.sums_stride;
        int32_t* dst = row.dst + c / 2 * row.dst_stride;
        if (row.phases == 1)
            interleave<Isa, 1>(sums, phase_stride, row.columns, dst);
        else if (row.phases == 2)
            interleave<Isa, 2>(sums, phase_stride, row.columns, dst);
        else
            interleave<Isa, 4>(sums, phase_stride, row.columns, dst);
    }
}

void run_row_avx2(const IntegerRow& row);    // in integer_kernel_avx2.cpp
void run_row_avx512(const IntegerRow& row);  // in integer_kernel_avx512.cpp

}  // namespace models
