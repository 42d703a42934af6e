// A convolution in exact integer arithmetic: 16-bit weights and activations, 32-bit sums that are
// proven never to overflow, so that its results are the same on every machine, for ever.
#pragma once

#include "models/integer_kernel.hpp"
#include "models/tensor.hpp"

#include <string>
#include <utility>
#include <vector>

namespace models {

/// For each place (y, x) of the source, `up` x `up` places of the result, its phases (a, b), each
/// with windows of its own:
///
///   dst[o][up y + a][up x + b] = clamp((bias[a][b][o] + the sum over i, p, q of
///       weights[a][b][o][i][p][q] * src[i][y + p - c][x + q - c]) >> shift[a][b][o])
///
/// with c = window / 2, a source of 0 outside the frame, and a shift that rounds down (the bias
/// holds the half that rounds to nearest). Plain convolutions, upsampling ones, transposed ones
/// and those followed by a pixel shuffle are all of this form (models/freeze.hpp); taps that are 0
/// in a phase cost nothing.
struct IntegerConvolution {
    int64_t inputs = 1;
    int64_t outputs = 1;
    int64_t up = 1;                // 1, 2 or 4
    int64_t window = 3;            // odd
    std::vector<int32_t> weights;  // up x up x outputs x inputs x window x window, within +-32767
    std::vector<int32_t> bias;     // up x up x outputs, as is shift: 0 .. 31
    std::vector<int32_t> shift;
    int32_t lowest = 0;  // the results' range
    int32_t largest = 0;

    int64_t phases() const { return up * up; }
    Dims weight_dims() const { return {up, up, outputs, inputs, window, window}; }
};

/// Throws ModelError, naming `name` and the channel, unless no sum can leave 32 bits, even in part,
/// for sources within +-largest_src: the sum of |weights| * largest_src + |bias| < 2^31 for every
/// phase of every channel. Also if shapes or ranges are not as stated above.
void check_sums(const IntegerConvolution& convolution, int64_t largest_src,
                const std::string& name);

/// Rows of pairs of channels, (row, pair, column), in which windows may reach over the border.
struct PairRows {
    int64_t pairs = 0;
    int64_t stride = 0;  // between the pairs of a row, in pairs
    std::vector<int32_t> values;

    PairRows() = default;
    /// For at least so many columns.
    PairRows(int64_t channels, int64_t rows, int64_t columns);
    int32_t* at(int64_t row, int64_t pair, int64_t column) {
        return &values[static_cast<size_t>((row * pairs + pair) * stride + column)];
    }
};

/// An IntegerConvolution in the order in which kernels read it, for sources of one stride.
class PackedConvolution {
  public:
    PackedConvolution(const IntegerConvolution& convolution, int64_t src_stride);

    /// The `up` rows of results of a row of sources. src: the upper left corner of the first
    /// result's window. dst: the place of the first result. scratch: see scratch_size.
    void run(const IntegerKernel& kernel, const int32_t* src, int64_t columns, PairRows& dst,
             int64_t dst_row, int64_t dst_column, std::vector<int32_t>& scratch) const;
    int64_t scratch_size(int64_t columns) const;

  private:
    /// What is summed up at once; see IntegerProducts.
    struct Group {
        std::vector<int32_t> offsets;
        std::vector<int32_t> weights;
        std::vector<int32_t> bias;
        std::vector<int32_t> shift;
    };
    /// rows: the (phase, channel) of each sum, as they are counted in bias and shift; one that
    /// there is not is 0.
    static Group pack(const IntegerConvolution& convolution, const std::vector<int64_t>& rows,
                      int64_t src_stride);

    int64_t up_;
    int32_t lowest_;
    int32_t largest_;
    std::vector<int64_t> channels_;           // of each group: see IntegerRow
    std::vector<std::vector<Group>> phases_;  // the groups of each phase
};

}  // namespace models
