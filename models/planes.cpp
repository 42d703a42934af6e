// See planes.hpp. Loops over sums are unrolled by pragma, without which the compiler keeps the sums
// in memory.
#include "models/planes.hpp"

#include "models/simd.hpp"

#include <algorithm>

namespace models {
namespace {

using simd::Lanes;
using simd::lanes;

int64_t round_up(int64_t value, int64_t multiple) {
    return (value + multiple - 1) / multiple * multiple;
}

template <int side>
struct Correlate {
    [[gnu::always_inline]] static inline void run(const PackedWindows& weights, const Strided& src,
                                                  const Strided& dst, int64_t rows,
                                                  int64_t columns) {
        const int64_t group = weights.inputs() * side * side * 4;
        for (int64_t y = 0; y < rows; ++y)
            for (int64_t x = 0; x < columns; x += 2 * lanes)
                for (int64_t o = 0; o < weights.outputs(); o += 4) {
                    Lanes sum[4][2] = {};
                    const float* w = weights.data() + o / 4 * group;
                    const float* from = src.values + y * src.row_stride + x;
                    for (int64_t i = 0; i < weights.inputs(); ++i, from += src.plane_stride)
                        for (int p = 0; p < side; ++p)
                            for (int q = 0; q < side; ++q, w += 4) {
                                Lanes low;
                                Lanes high;
                                simd::load(low, from + p * src.row_stride + q);
                                simd::load(high, from + p * src.row_stride + q + lanes);
#pragma GCC unroll 4
                                for (int j = 0; j < 4; ++j) {
                                    sum[j][0] += w[j] * low;
                                    sum[j][1] += w[j] * high;
                                }
                            }
                    float* to = dst.values + o * dst.plane_stride + y * dst.row_stride + x;
#pragma GCC unroll 4
                    for (int64_t j = 0; j < 4; ++j, to += dst.plane_stride) {
                        if (o + j >= weights.outputs()) break;
                        simd::store_some(to, sum[j][0], columns - x);
                        simd::store_some(to + lanes, sum[j][1], columns - x - lanes);
                    }
                }
    }
};

template <int side>
struct AddWindowGradient {
    [[gnu::always_inline]] static inline void run(PackedWindows& gradient, const Strided& src,
                                                  const Strided& diff, int64_t rows,
                                                  int64_t columns) {
        float* to = gradient.data();
        for (int64_t o = 0; o < gradient.outputs(); o += 4)
            for (int64_t i = 0; i < gradient.inputs(); ++i)
                for (int p = 0; p < side; ++p, to += 4 * side) {
                    Lanes sum[4][side] = {};
                    for (int64_t y = 0; y < rows; ++y) {
                        const float* values =
                            src.values + i * src.plane_stride + (y + p) * src.row_stride;
                        const float* d = diff.values + o * diff.plane_stride + y * diff.row_stride;
                        for (int64_t x = 0; x < columns; x += lanes) {
                            Lanes shifted[side];
#pragma GCC unroll 3
                            for (int q = 0; q < side; ++q) simd::load(shifted[q], values + x + q);
#pragma GCC unroll 4
                            for (int j = 0; j < 4; ++j) {
                                Lanes slope;
                                simd::load(slope, d + j * diff.plane_stride + x);
#pragma GCC unroll 3
                                for (int q = 0; q < side; ++q) sum[j][q] += slope * shifted[q];
                            }
                        }
                    }
#pragma GCC unroll 3
                    for (int q = 0; q < side; ++q)
#pragma GCC unroll 4
                        for (int j = 0; j < 4; ++j) to[4 * q + j] += simd::sum(sum[j][q]);
                }
    }
};

struct AddSums {
    [[gnu::always_inline]] static inline void run(const float* image, int64_t channels,
                                                  int64_t pixels, float* sums) {
        for (int64_t channel = 0; channel < channels; ++channel, image += pixels) {
            Lanes sum[4] = {};
            for (int64_t i = 0; i < pixels; i += 4 * lanes)
                for (int64_t j = 0; j < 4; ++j) {
                    Lanes values;
                    simd::load_some(values, image + i + j * lanes, pixels - i - j * lanes);
                    sum[j] += values;
                }
            const Lanes all = (sum[0] + sum[1]) + (sum[2] + sum[3]);
            sums[channel] += simd::sum(all);
        }
    }
};

}  // namespace

Planes::Planes(int64_t channels, int64_t rows, int64_t columns)
    : channels_(channels),
      rows_(rows),
      columns_(columns),
      // Kernels go on to the next multiple of 16 columns, and 2 more that windows see. No power of
      // two, so that rows do not evict each other.
      row_stride_(round_up(columns, 16) + 8),
      plane_stride_((rows + 2) * row_stride_),
      // A vector that begins in the last row may end behind it.
      values_(static_cast<size_t>(round_up(channels, 4) * plane_stride_ + 16)) {}

void Planes::fill(const float* image) {
    for (int64_t channel = 0; channel < channels_; ++channel)
        for (int64_t row = 0; row < rows_; ++row, image += columns_)
            std::copy_n(image, columns_, at(channel, row, 0));
}

PackedWindows::PackedWindows(int64_t outputs, int64_t inputs, int64_t side)
    : outputs_(outputs),
      inputs_(inputs),
      side_(side),
      values_(static_cast<size_t>(round_up(outputs, 4) * inputs * side * side)) {}

void PackedWindows::clear() { std::ranges::fill(values_, 0.F); }

void correlate(const PackedWindows& weights, const Strided& src, const Strided& dst, int64_t rows,
               int64_t columns) {
    if (weights.side() == 2)
        simd::run<Correlate<2>, const PackedWindows&>(weights, src, dst, rows, columns);
    else
        simd::run<Correlate<3>, const PackedWindows&>(weights, src, dst, rows, columns);
}

void add_window_gradient(PackedWindows& gradient, const Strided& src, const Strided& diff,
                         int64_t rows, int64_t columns) {
    if (gradient.side() == 2)
        simd::run<AddWindowGradient<2>, PackedWindows&>(gradient, src, diff, rows, columns);
    else
        simd::run<AddWindowGradient<3>, PackedWindows&>(gradient, src, diff, rows, columns);
}

void add_sums(const float* image, int64_t channels, int64_t pixels, float* sums) {
    simd::run<AddSums>(image, channels, pixels, sums);
}

}  // namespace models
