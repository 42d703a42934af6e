// Nearest upsampling and a 3x3 convolution, as one layer. Three neighbours of a doubled image are
// two neighbours of the small one, so the result's pixels at even and odd rows and columns, its
// four phases, are each a 2x2 convolution of the small image: 16 instead of 36 products for every
// four.
#include "models/activation.hpp"
#include "models/layers.hpp"
#include "models/planes.hpp"
#include "models/prepared_weights.hpp"
#include "models/sequence.hpp"
#include "models/simd.hpp"

#include <algorithm>
#include <array>

namespace models {
namespace {

using simd::Lanes;
using simd::lanes;

/// Which row of a phase's 2x2 window sees row `p` of the 3x3 window, and likewise for columns: the
/// even phase sees the neighbour before and its own twice, the odd one its own twice and the next.
constexpr int64_t seen_at(int64_t phase, int64_t p) { return phase == 0 ? (p + 1) / 2 : p / 2; }

/// One row of the small image to two rows of one channel; outputs of the weights are the phases.
struct TwoRows {
    [[gnu::always_inline]] static inline void run(const float* weights, int64_t inputs,
                                                  const Strided& src, float bias, float* dst,
                                                  int64_t columns) {
        for (int64_t x = 0; x < columns; x += 2 * lanes) {
            Lanes sum[4][2] = {};
            const float* w = weights;
            const float* from = src.values + x;
            for (int64_t i = 0; i < inputs; ++i, from += src.plane_stride, w += 16)
                for (int p = 0; p < 3; ++p)
                    for (int q = 0; q < 3; ++q) {
                        Lanes low;
                        Lanes high;
                        simd::load(low, from + p * src.row_stride + q);
                        simd::load(high, from + p * src.row_stride + q + lanes);
#pragma GCC unroll 4
                        for (int phase = 0; phase < 4; ++phase) {
                            const int row = p - phase / 2;  // within the phase's window
                            const int column = q - phase % 2;
                            if (row < 0 || row > 1 || column < 0 || column > 1) continue;
                            const float weight = w[(row * 2 + column) * 4 + phase];
                            sum[phase][0] += weight * low;
                            sum[phase][1] += weight * high;
                        }
                    }
#pragma GCC unroll 2
            for (int64_t row = 0; row < 2; ++row)
#pragma GCC unroll 2
                for (int64_t half = 0; half < 2; ++half) {
                    Lanes low;
                    Lanes high;
                    simd::join(sum[2 * row][half], sum[2 * row + 1][half], low, high);
                    const int64_t at = 2 * (x + half * lanes);
                    float* to = dst + row * 2 * columns + at;
                    simd::store_some(to, low + bias, 2 * columns - at);
                    simd::store_some(to + lanes, high + bias, 2 * columns - at - lanes);
                }
        }
    }
};

/// Values at even places of a row to `even`, those at odd ones to `odd`.
struct SplitRow {
    [[gnu::always_inline]] static inline void run(const float* row, float* even, float* odd,
                                                  int64_t columns) {
        for (int64_t x = 0; x < columns; x += lanes) {
            Lanes low;
            Lanes high;
            Lanes evens;
            Lanes odds;
            simd::load_some(low, row + 2 * x, 2 * (columns - x));
            simd::load_some(high, row + 2 * x + lanes, 2 * (columns - x) - lanes);
            simd::split(low, high, evens, odds);
            simd::store(even + x, evens);
            simd::store(odd + x, odds);
        }
    }
};

class BoundUpsampleConvolution : public BoundLayer {
  public:
    BoundUpsampleConvolution(const Dims& src, const Dims& dst, Activation activation, Mode mode)
        : BoundLayer(plain(src), plain(dst)),
          images_(src[0]),
          inputs_(src[1]),
          rows_(src[2]),
          columns_(src[3]),
          outputs_(dst[1]),
          weights_(4 * outputs_, inputs_, 2),
          transposed_weights_(inputs_, 4 * outputs_, 2),
          gradient_(4 * outputs_, inputs_, 2),
          activation_(activation, this->dst()) {
        sources_.resize(static_cast<size_t>(images_), Planes(inputs_, rows_, columns_));
        if (mode == Mode::inference) return;
        diff_.emplace_back(4 * outputs_, rows_ + 1, columns_ + 1);
        activation_gradient_ = ActivationGradient(activation, this->dst());
    }

    void load(const float* values) override {
        weights_.clear();
        transposed_weights_.clear();
        for_each_weight([&](int64_t phase, int64_t i, int64_t p, int64_t q, int64_t at) {
            weights_.at(phase, i, p, q) += values[at];
            transposed_weights_.at(i, phase, 1 - p, 1 - q) += values[at];
        });
        bias_ = values + outputs_ * inputs_ * 9;
    }

    void forward(const Memory& src, const Memory& dst) override {
        for (int64_t image = 0; image < images_; ++image) {
            Planes& source = sources_[static_cast<size_t>(image)];
            source.fill(floats(src) + image * inputs_ * rows_ * columns_);
            for (int64_t y = 0; y < rows_; ++y)
                for (int64_t o = 0; o < outputs_; ++o)
                    simd::run<TwoRows>(weights_.data() + o * inputs_ * 16, inputs_,
                                       source.from(y - 1, -1), bias_[o],
                                       floats(dst) + double_row(image, o, 2 * y), columns_);
        }
        activation_.run(dst);
    }

    void backward(const Memory&, const Memory& dst, const Memory& diff_dst, const Memory* diff_src,
                  const Gradients& gradients) override {
        activation_gradient_.run(dst, diff_dst);
        gradient_.clear();
        Planes& diff = diff_.front();
        for (int64_t image = 0; image < images_; ++image) {
            Planes& source = sources_[static_cast<size_t>(image)];
            split(floats(diff_dst), image, diff);
            if (gradients)
                add_window_gradient(gradient_, source.from(-1, -1), diff.from(0, 0), rows_ + 1,
                                    columns_ + 1);
            if (diff_src)
                correlate(transposed_weights_, diff.from(0, 0),
                          borderless(floats(*diff_src), inputs_, rows_, columns_, image), rows_,
                          columns_);
        }
        if (!gradients) return;
        const int64_t size = outputs_ * inputs_ * 9;
        std::fill_n(gradients.values, size + outputs_, 0.F);
        for_each_weight([&](int64_t phase, int64_t i, int64_t p, int64_t q, int64_t at) {
            gradients.values[at] += gradient_.at(phase, i, p, q);
        });
        for (int64_t image = 0; image < images_; ++image)
            add_sums(floats(diff_dst) + double_row(image, 0, 0), outputs_, 4 * rows_ * columns_,
                     gradients.values + size);
    }

  private:
    /// Calls use(phase of an output, input, row and column in its 2x2 window, place of the weight)
    /// for each weight of the 3x3 windows and each phase that it is a part of.
    template <class Use>
    void for_each_weight(Use use) const {
        int64_t at = 0;
        for (int64_t o = 0; o < outputs_; ++o)
            for (int64_t i = 0; i < inputs_; ++i)
                for (int64_t p = 0; p < 3; ++p)
                    for (int64_t q = 0; q < 3; ++q, ++at)
                        for (int64_t phase = 0; phase < 4; ++phase)
                            use(4 * o + phase, i, seen_at(phase / 2, p), seen_at(phase % 2, q), at);
    }

    int64_t double_row(int64_t image, int64_t output, int64_t row) const {
        return ((image * outputs_ + output) * 2 * rows_ + row) * 2 * columns_;
    }

    /// The phases of an image's gradient as planes in which each 2x2 window starts at the same
    /// place: those of odd rows and columns are one further down and right.
    void split(const float* diff_dst, int64_t image, Planes& diff) const {
        for (int64_t o = 0; o < outputs_; ++o)
            for (int64_t y = 0; y < rows_; ++y)
                for (int64_t row = 0; row < 2; ++row)
                    simd::run<SplitRow>(diff_dst + double_row(image, o, 2 * y + row),
                                        diff.at(4 * o + 2 * row, y + row, 0),
                                        diff.at(4 * o + 2 * row + 1, y + row, 1), columns_);
    }

    int64_t images_;
    int64_t inputs_;
    int64_t rows_;
    int64_t columns_;
    int64_t outputs_;
    PackedWindows weights_;
    PackedWindows transposed_weights_;
    PackedWindows gradient_;
    const float* bias_ = nullptr;
    std::vector<Planes> sources_;  // one an image
    std::vector<Planes> diff_;     // of one image; none in inference
    ActivationInPlace activation_;
    ActivationGradient activation_gradient_;
};

class UpsampleConvolution : public Layer {
  public:
    explicit UpsampleConvolution(const ConvolutionOptions& options) : options_(options) {}

    Dims dst_dims(const Dims& src) const override {
        return {options_.channels, 2 * src[1], 2 * src[2]};
    }
    std::vector<Parameter> parameters(const Dims& src) const override {
        return weights_and_bias({options_.channels, src[0], 3, 3}, true);
    }
    std::unique_ptr<BoundLayer> bind(const Layout& src, Mode mode) const override {
        const Dims dims = src.get_dims();
        const Dims dst{dims[0], options_.channels, 2 * dims[2], 2 * dims[3]};
        return std::make_unique<BoundUpsampleConvolution>(dims, dst, options_.activation, mode);
    }

  private:
    ConvolutionOptions options_;
};

}  // namespace

LayerPointer upsample_convolution(const ConvolutionOptions& options) {
    if (options.kernel == 3 && options.stride == 1 && options.bias)
        return std::make_shared<UpsampleConvolution>(options);
    return std::make_shared<Sequence>(Layers{upsample(), convolution(options)});
}

}  // namespace models
