// Convolutions of our own for images with few channels, where oneDNN fills its lanes with padding:
// row-major planes with zeros around them, vectors along the rows, four results at a time.
#pragma once

#include "models/tensor.hpp"

#include <vector>

namespace models {

/// Values in memory whose planes and rows lie at these distances.
struct Strided {
    float* values;
    int64_t plane_stride;
    int64_t row_stride;
};

/// An image of a batch without borders.
inline Strided borderless(float* batch, int64_t channels, int64_t rows, int64_t columns,
                          int64_t image) {
    return {batch + image * channels * rows * columns, rows * columns, columns};
}

/// The planes of one image: `rows` x `columns` values each and at least a zero on every side, so
/// that windows may reach over the border.
class Planes {
  public:
    Planes(int64_t channels, int64_t rows, int64_t columns);

    int64_t row_stride() const { return row_stride_; }
    int64_t plane_stride() const { return plane_stride_; }
    /// Rows and columns count from -1, which is zero.
    float* at(int64_t channel, int64_t row, int64_t column) {
        return &values_[static_cast<size_t>(channel * plane_stride_ + (row + 1) * row_stride_ +
                                            column + 1)];
    }
    /// All channels, from this row and column on.
    Strided from(int64_t row, int64_t column) {
        return {at(0, row, column), plane_stride_, row_stride_};
    }
    /// Copies an image without borders.
    void fill(const float* image);

  private:
    int64_t channels_;
    int64_t rows_;
    int64_t columns_;
    int64_t row_stride_;
    int64_t plane_stride_;
    std::vector<float> values_;
};

/// Weights of windows of side `side`, in the order in which the kernels read them: four outputs
/// side by side, and zeros if there are fewer.
class PackedWindows {
  public:
    PackedWindows(int64_t outputs, int64_t inputs, int64_t side);

    int64_t outputs() const { return outputs_; }
    int64_t inputs() const { return inputs_; }
    int64_t side() const { return side_; }
    float& at(int64_t output, int64_t input, int64_t row, int64_t column) {
        const int64_t window = ((output / 4 * inputs_ + input) * side_ + row) * side_ + column;
        return values_[static_cast<size_t>(window * 4 + output % 4)];
    }
    float* data() { return values_.data(); }
    const float* data() const { return values_.data(); }
    void clear();

  private:
    int64_t outputs_;
    int64_t inputs_;
    int64_t side_;
    std::vector<float> values_;
};

/// dst[o][y][x] = sum over i, p, q of weights[o][i][p][q] * src[i][y + p][x + q], for windows of
/// side 2 or 3. dst must have room for a whole group of four outputs.
void correlate(const PackedWindows& weights, const Strided& src, const Strided& dst, int64_t rows,
               int64_t columns);

/// gradient[o][i][p][q] += sum over y, x of diff[o][y][x] * src[i][y + p][x + q]. Reads columns up
/// to the next multiple of 8, where diff must be zero.
void add_window_gradient(PackedWindows& gradient, const Strided& src, const Strided& diff,
                         int64_t rows, int64_t columns);

/// sums[c] += the sum of the plane of c; planes without borders.
void add_sums(const float* image, int64_t channels, int64_t pixels, float* sums);

}  // namespace models
