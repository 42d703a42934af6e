// The inner loop of exact integer convolutions, compiled for each instruction set. Integers wrap or
// round the same everywhere, so all of these give the same bits.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace models {

/// What one phase of `channels` results is summed up from. A pair is two 16-bit values in an
/// int32_t, the first in the low half.
struct IntegerProducts {
    const int32_t* offsets;  // of each pair of sources, in pairs from IntegerRow::src
    const int32_t* weights;  // for each offset a pair for each channel
    int64_t count;           // of offsets
    const int32_t* bias;     // for each channel, as is shift
    const int32_t* shift;
};

/// One row of results: `phases` of them side by side for each of `columns` sources, of two or four
/// channels at once. Reads up to integer_row_slack pairs behind the last column.
struct IntegerRow {
    static constexpr int64_t most_phases = 4;
    static constexpr int64_t most_channels = 4;

    const int32_t* src;
    int64_t columns;
    int64_t channels;  // 2 or 4; or 1, whose phases, two or four, are summed up as channels are
    int64_t phases;    // 1, 2 or 4
    IntegerProducts products[most_phases];  // only the first for one channel
    int32_t lowest;                         // results are clamped
    int32_t largest;
    int32_t* sums;        // scratch: phases x channels rows that lie sums_stride apart
    int64_t sums_stride;  // at least columns + integer_row_slack
    int32_t* dst;         // pairs of results; the second two channels lie dst_stride further on
    int64_t dst_stride;
};

constexpr int64_t integer_row_slack = 32;

struct IntegerKernel {
    std::string_view name;
    void (*run)(const IntegerRow&);
};

/// Those that this machine has and ONEDNN_MAX_CPU_ISA allows, fastest first: "avx512_vnni", "avx2",
/// "sse2", "scalar".
const std::vector<IntegerKernel>& integer_kernels();

}  // namespace models
