// A convolution and a 2x2 max-pooling, as one layer: what the convolution makes is pooled a few
// rows at a time, while it is in the first-level cache.
#include "models/activation.hpp"
#include "models/layers.hpp"
#include "models/planes.hpp"
#include "models/prepared_weights.hpp"
#include "models/sequence.hpp"
#include "models/simd.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace models {
namespace {

using simd::Lanes;
using simd::lanes;
using Places [[gnu::vector_size(32)]] = int32_t;
using PackedPlaces [[gnu::vector_size(16)]] = int16_t;

/// Pools two rows; `place` gets which of the four was the largest, 0 to 3.
struct Pool2 {
    [[gnu::always_inline]] static inline void run(const float* rows, int64_t row_stride, float bias,
                                                  float* dst, int16_t* place, int64_t columns) {
        for (int64_t x = 0; x < columns; x += lanes) {
            Lanes best;
            Lanes others[3];
            Lanes low;
            Lanes high;
            simd::load(low, rows + 2 * x);
            simd::load(high, rows + 2 * x + lanes);
            simd::split(low, high, best, others[0]);
            simd::load(low, rows + row_stride + 2 * x);
            simd::load(high, rows + row_stride + 2 * x + lanes);
            simd::split(low, high, others[1], others[2]);
            Places where = {};
#pragma GCC unroll 3
            for (int32_t j = 0; j < 3; ++j) {
                const Places larger = others[j] > best;
                best = larger ? others[j] : best;
                where = larger ? j + 1 - Places{} : where;
            }
            simd::store_some(dst + x, best + bias, columns - x);
            const PackedPlaces packed = __builtin_convertvector(where, PackedPlaces);
            std::memcpy(place + x, &packed, sizeof packed);
        }
    }
};

/// Undoes it for gradients: each goes to where the largest was, the others are 0.
struct Unpool2 {
    [[gnu::always_inline]] static inline void run(const float* diff_dst, const int16_t* place,
                                                  float* rows, int64_t row_stride,
                                                  int64_t columns) {
        for (int64_t x = 0; x < columns; x += lanes) {
            Lanes diff;
            simd::load_some(diff, diff_dst + x, columns - x);
            PackedPlaces packed;
            std::memcpy(&packed, place + x, sizeof packed);
            const Places where = __builtin_convertvector(packed, Places);
            for (int32_t row = 0; row < 2; ++row) {
                const Lanes even = where == 2 * row ? diff : Lanes{};
                const Lanes odd = where == 2 * row + 1 ? diff : Lanes{};
                Lanes low;
                Lanes high;
                simd::join(even, odd, low, high);
                simd::store(rows + row * row_stride + 2 * x, low);
                simd::store(rows + row * row_stride + 2 * x + lanes, high);
            }
        }
    }
};

class BoundConvolutionPool : public BoundLayer {
  public:
    BoundConvolutionPool(const Dims& src, const Dims& dst, Activation activation, Mode mode)
        : BoundLayer(plain(src), plain(dst)),
          images_(src[0]),
          inputs_(src[1]),
          rows_(src[2]),
          columns_(src[3]),
          outputs_(dst[1]),
          weights_(outputs_, inputs_, 3),
          transposed_weights_(inputs_, outputs_, 3),
          gradient_(outputs_, inputs_, 3),
          band_(outputs_, 2, columns_),
          activation_(activation, this->dst()) {
        sources_.resize(static_cast<size_t>(images_), Planes(inputs_, rows_, columns_));
        place_stride_ = (columns_ / 2 + lanes - 1) / lanes * lanes;
        places_.resize(static_cast<size_t>(images_ * outputs_ * rows_ / 2 * place_stride_));
        if (mode == Mode::inference) return;
        diff_.emplace_back(outputs_, rows_, columns_);
        activation_gradient_ = ActivationGradient(activation, this->dst());
    }

    void load(const float* values) override {
        for_each_weight([&](int64_t o, int64_t i, int64_t p, int64_t q, int64_t at) {
            weights_.at(o, i, p, q) = values[at];
            transposed_weights_.at(i, o, 2 - p, 2 - q) = values[at];
        });
        bias_ = values + outputs_ * inputs_ * 9;
    }

    void forward(const Memory& src, const Memory& dst) override {
        for (int64_t image = 0; image < images_; ++image) {
            Planes& source = sources_[static_cast<size_t>(image)];
            source.fill(floats(src) + image * inputs_ * rows_ * columns_);
            for (int64_t y = 0; y < rows_; y += 2) {
                correlate(weights_, source.from(y - 1, -1), band_.from(0, 0), 2, columns_);
                for (int64_t o = 0; o < outputs_; ++o) {
                    const int64_t row = pooled_row(image, o, y);
                    simd::run<Pool2>(band_.at(o, 0, 0), band_.row_stride(), bias_[o],
                                     floats(dst) + row * columns_ / 2, place(row), columns_ / 2);
                }
            }
        }
        activation_.run(dst);
    }

    void backward(const Memory&, const Memory& dst, const Memory& diff_dst, const Memory* diff_src,
                  const Gradients& gradients) override {
        activation_gradient_.run(dst, diff_dst);
        gradient_.clear();
        Planes& diff = diff_.front();
        const int64_t band = std::max<int64_t>(2, 1024 / columns_ / 2 * 2);
        for (int64_t image = 0; image < images_; ++image) {
            Planes& source = sources_[static_cast<size_t>(image)];
            for (int64_t y = 0; y < rows_; y += band) {
                const int64_t rows = std::min(band, rows_ - y);
                const int64_t to = diff_src ? y : 0;  // all are needed only for diff_src
                unpool(floats(diff_dst), image, y, rows, diff, to);
                if (gradients)
                    add_window_gradient(gradient_, source.from(y - 1, -1), diff.from(to, 0), rows,
                                        columns_);
            }
            if (diff_src)
                correlate(transposed_weights_, diff.from(-1, -1),
                          borderless(floats(*diff_src), inputs_, rows_, columns_, image), rows_,
                          columns_);
        }
        if (!gradients) return;
        for_each_weight([&](int64_t o, int64_t i, int64_t p, int64_t q, int64_t at) {
            gradients.values[at] = gradient_.at(o, i, p, q);
        });
        float* bias = gradients.values + outputs_ * inputs_ * 9;
        const int64_t pixels = rows_ * columns_ / 4;
        std::fill_n(bias, outputs_, 0.F);
        for (int64_t image = 0; image < images_; ++image)
            add_sums(floats(diff_dst) + image * outputs_ * pixels, outputs_, pixels, bias);
    }

  private:
    template <class Use>
    void for_each_weight(Use use) const {
        int64_t at = 0;
        for (int64_t o = 0; o < outputs_; ++o)
            for (int64_t i = 0; i < inputs_; ++i)
                for (int64_t p = 0; p < 3; ++p)
                    for (int64_t q = 0; q < 3; ++q) use(o, i, p, q, at++);
    }

    int64_t pooled_row(int64_t image, int64_t output, int64_t row) const {
        return ((image * outputs_ + output) * rows_ + row) / 2;
    }
    int16_t* place(int64_t pooled_row) {
        return &places_[static_cast<size_t>(pooled_row * place_stride_)];
    }

    void unpool(const float* diff_dst, int64_t image, int64_t first, int64_t rows, Planes& diff,
                int64_t to) {
        for (int64_t o = 0; o < outputs_; ++o)
            for (int64_t y = 0; y < rows; y += 2) {
                const int64_t row = pooled_row(image, o, first + y);
                simd::run<Unpool2>(diff_dst + row * columns_ / 2, place(row), diff.at(o, to + y, 0),
                                   diff.row_stride(), columns_ / 2);
            }
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
    Planes band_;                  // two rows before pooling
    std::vector<Planes> diff_;     // of one image; none in inference
    int64_t place_stride_ = 0;
    std::vector<int16_t> places_;
    ActivationInPlace activation_;
    ActivationGradient activation_gradient_;
};

class ConvolutionPool : public Layer {
  public:
    explicit ConvolutionPool(const ConvolutionOptions& options)
        : activation_(options.activation), both_({convolution(options), max_pool()}) {}

    Dims dst_dims(const Dims& src) const override { return both_.dst_dims(src); }
    std::vector<Parameter> parameters(const Dims& src) const override {
        return weights_and_bias({both_.dst_dims(src)[0], src[0], 3, 3}, true);
    }
    std::unique_ptr<BoundLayer> bind(const Layout& src, Mode mode) const override {
        const Dims dims = src.get_dims();
        Dims dst = dst_dims({dims.begin() + 1, dims.end()});
        dst.insert(dst.begin(), dims[0]);
        return std::make_unique<BoundConvolutionPool>(dims, dst, activation_, mode);
    }

  private:
    Activation activation_;
    Sequence both_;
};

}  // namespace

LayerPointer convolution_pool(const ConvolutionOptions& options) {
    if (options.kernel == 3 && options.stride == 1 && options.bias)
        return std::make_shared<ConvolutionPool>(options);
    return std::make_shared<Sequence>(Layers{convolution(options), max_pool()});
}

}  // namespace models
