// A fully connected layer. Its weights can be by far the largest array of a network, so that memory
// bandwidth is what it costs: they stay in the plain layout, and in training the optimiser can take
// their gradient tile by tile while it is in the cache.
#include "models/activation.hpp"
#include "models/layers.hpp"
#include "models/prepared_weights.hpp"
#include "models/simd.hpp"

#include <algorithm>
#include <array>

#include <tbb/parallel_for.h>

namespace models {
namespace {

using Product = dnnl::inner_product_forward::primitive_desc;
using ProductBack = dnnl::inner_product_backward_data::primitive_desc;

constexpr int64_t tile_rows = 4;        // of the weights' gradient
constexpr int64_t tile_columns = 2048;  // tile_rows of that fit the first-level cache
constexpr int64_t strip = 2 * simd::lanes;

/// tile = diff_dst^T * src for some rows; src in strips of 16 columns: strip, image, column.
struct TileKernel {
    [[gnu::always_inline]] static inline void run(const float* src, const float* diff_dst,
                                                  int64_t images, int64_t outputs, int64_t strips,
                                                  float* tile) {
        for (int64_t s = 0; s < strips; ++s, src += images * strip, tile += strip) {
            simd::Lanes sum[tile_rows][2] = {};
            for (int64_t image = 0; image < images; ++image) {
                simd::Lanes low;
                simd::Lanes high;
                simd::load(low, src + image * strip);
                simd::load(high, src + image * strip + simd::lanes);
                for (int64_t row = 0; row < tile_rows; ++row) {
                    const float diff = diff_dst[image * outputs + row];
                    sum[row][0] += diff * low;
                    sum[row][1] += diff * high;
                }
            }
            for (int64_t row = 0; row < tile_rows; ++row) {
                simd::store(tile + row * tile_columns, sum[row][0]);
                simd::store(tile + row * tile_columns + simd::lanes, sum[row][1]);
            }
        }
    }
};

class BoundDense : public BoundLayer {
  public:
    BoundDense(const Dims& src, const Dims& dst, Activation activation, Mode mode)
        : BoundLayer(plain(src), plain(dst)),
          images_(src[0]),
          inputs_(count(src) / src[0]),
          outputs_(count(dst) / dst[0]),
          src_(plain({images_, inputs_})),
          dst_(plain({images_, outputs_})),
          weights_(plain({outputs_, inputs_})),
          bias_(plain({outputs_})) {
        const auto kind = mode == Mode::training ? dnnl::prop_kind::forward_training
                                                 : dnnl::prop_kind::forward_inference;
        const Product product(cpu(), kind, src_, weights_, bias_, dst_,
                              attributes_then(activation));
        forward_ = Primitive(product);
        if (mode == Mode::inference) return;
        backward_ = Primitive(ProductBack(cpu(), src_, weights_, dst_, product, attributes()));
        activation_ = ActivationGradient(activation, this->dst());
        // Sources and gradients with zeros behind them, so that all tiles are whole.
        packed_src_.resize(static_cast<size_t>(images_ * column_tiles() * tile_columns));
        packed_diff_.resize(static_cast<size_t>(images_ * row_tiles() * tile_rows));
    }

    void load(const float* values) override { values_ = values; }

    void forward(const Memory& src, const Memory& dst) override {
        forward_.run({{DNNL_ARG_SRC, view(src_, floats(src))},
                      {DNNL_ARG_WEIGHTS, view(weights_, values_)},
                      {DNNL_ARG_BIAS, view(bias_, values_ + outputs_ * inputs_)},
                      {DNNL_ARG_DST, view(dst_, floats(dst))}});
    }

    void backward(const Memory& src, const Memory& dst, const Memory& diff_dst,
                  const Memory* diff_src, const Gradients& gradients) override {
        activation_.run(dst, diff_dst);
        if (diff_src)  // first, because tiles of the gradient change the weights
            backward_.run({{DNNL_ARG_DIFF_DST, view(dst_, floats(diff_dst))},
                           {DNNL_ARG_WEIGHTS, view(weights_, values_)},
                           {DNNL_ARG_DIFF_SRC, view(src_, floats(*diff_src))}});
        if (!gradients) return;
        pack(floats(src), floats(diff_dst));
        give_bias(floats(diff_dst), gradients);
        constexpr int64_t group = 16;  // tiles one below the other, which share their sources
        const int64_t groups = (row_tiles() + group - 1) / group;
        tbb::parallel_for(int64_t{0}, groups * column_tiles(), [&](int64_t i) {
            const int64_t first = i % groups * group;
            for (int64_t row = first; row < std::min(first + group, row_tiles()); ++row)
                give_tile(row * tile_rows, i / groups * tile_columns, gradients);
        });
    }

  private:
    int64_t row_tiles() const { return (outputs_ + tile_rows - 1) / tile_rows; }
    int64_t column_tiles() const { return (inputs_ + tile_columns - 1) / tile_columns; }

    void pack(const float* src, const float* diff_dst) {
        tbb::parallel_for(int64_t{0}, images_, [&](int64_t image) {
            for (int64_t i = 0; i < inputs_; i += strip)
                std::copy_n(src + image * inputs_ + i, std::min(strip, inputs_ - i),
                            &packed_src_[static_cast<size_t>(i * images_ + image * strip)]);
            std::copy_n(diff_dst + image * outputs_, outputs_,
                        &packed_diff_[static_cast<size_t>(image * row_tiles() * tile_rows)]);
        });
    }

    void give_bias(const float* diff_dst, const Gradients& gradients) const {
        std::vector<float> sum(static_cast<size_t>(outputs_));
        for (int64_t image = 0; image < images_; ++image)
            for (int64_t i = 0; i < outputs_; ++i)
                sum[static_cast<size_t>(i)] += diff_dst[image * outputs_ + i];
        give(gradients, outputs_ * inputs_, sum);
    }

    void give_tile(int64_t row, int64_t column, const Gradients& gradients) const {
        std::array<float, tile_rows * tile_columns> tile;
        const int64_t columns = std::min(tile_columns, inputs_ - column);
        simd::run<TileKernel>(&packed_src_[static_cast<size_t>(column * images_)],
                              &packed_diff_[static_cast<size_t>(row)], images_,
                              row_tiles() * tile_rows, (columns + strip - 1) / strip, tile.data());
        for (int64_t i = 0; i < std::min(tile_rows, outputs_ - row); ++i)
            give(gradients, (row + i) * inputs_ + column,
                 {&tile[static_cast<size_t>(i * tile_columns)], static_cast<size_t>(columns)});
    }

    static void give(const Gradients& to, int64_t offset, std::span<const float> gradient) {
        if (to.take)
            (*to.take)(to.offset + offset, gradient);
        else
            std::copy(gradient.begin(), gradient.end(), to.values + offset);
    }

    int64_t images_;
    int64_t inputs_;
    int64_t outputs_;
    Layout src_;
    Layout dst_;
    Layout weights_;
    Layout bias_;
    Primitive forward_;
    Primitive backward_;
    ActivationGradient activation_;
    const float* values_ = nullptr;
    std::vector<float> packed_src_;
    std::vector<float> packed_diff_;
};

class Dense : public Layer {
  public:
    Dense(Dims dst, Activation activation) : dst_(std::move(dst)), activation_(activation) {}

    Dims dst_dims(const Dims&) const override { return dst_; }
    std::vector<Parameter> parameters(const Dims& src) const override {
        auto list = weights_and_bias({count(dst_), count(src)}, true);
        for (Parameter& parameter : list) parameter.streams = true;
        return list;
    }
    bool separable() const override { return false; }  // weights are read once for all images
    std::unique_ptr<BoundLayer> bind(const Layout& src, Mode mode) const override {
        const Dims dims = src.get_dims();
        return std::make_unique<BoundDense>(dims, Dims{dims[0], dst_[0], dst_[1], dst_[2]},
                                            activation_, mode);
    }

  private:
    Dims dst_;
    Activation activation_;
};

}  // namespace

LayerPointer dense(const Dims& dst, Activation activation) {
    return std::make_shared<Dense>(dst, activation);
}

}  // namespace models
