// What convolutions and transposed convolutions have in common: a bias, an activation, and weights
// that oneDNN wants in layouts of its own. Primitives names the oneDNN descriptions of the two.
#pragma once

#include "models/activation.hpp"
#include "models/layers.hpp"
#include "models/prepared_weights.hpp"

#include <string_view>
#include <utility>

namespace models {

struct ConvolutionShape {
    Dims src;
    Dims dst;
    Dims weights;
    Dims strides;
    Dims padding_before;
    Dims padding_after;
    Activation activation;
    bool bias;

    Layout bias_layout() const { return bias ? plain({dst[1]}) : Layout(); }
};

template <class Primitives>
class BoundConvolution : public BoundLayer {
  public:
    BoundConvolution(const ConvolutionShape& shape, Mode mode)
        : BoundConvolution(shape, describe(shape, mode), mode) {}

    void load(const float* values) override {
        values_ = values;
        weights_.load(values);
        if (diff_weights_.memory()) transposed_weights_.load(values);
    }

    void forward(const Memory& src, const Memory& dst) override {
        Primitive::Arguments arguments{
            {DNNL_ARG_SRC, src}, {DNNL_ARG_WEIGHTS, weights_.memory()}, {DNNL_ARG_DST, dst}};
        if (has_bias()) arguments.emplace(DNNL_ARG_BIAS, bias(values_));
        forward_.run(std::move(arguments));
    }

    void backward(const Memory& src, const Memory& dst, const Memory& diff_dst,
                  const Memory* diff_src, const Gradients& gradients) override {
        activation_.run(dst, diff_dst);
        if (gradients) {
            if (prepared_src_) prepare_src_.run(src, prepared_src_);
            Primitive::Arguments arguments{{DNNL_ARG_SRC, prepared_src_ ? prepared_src_ : src},
                                           {DNNL_ARG_DIFF_DST, diff_dst},
                                           {DNNL_ARG_DIFF_WEIGHTS, diff_weights_.memory()}};
            if (has_bias()) arguments.emplace(DNNL_ARG_DIFF_BIAS, bias(gradients.values));
            backward_weights_.run(std::move(arguments));
            diff_weights_.store(gradients.values);
        }
        if (diff_src)
            backward_data_.run({{DNNL_ARG_DIFF_DST, diff_dst},
                                {DNNL_ARG_WEIGHTS, transposed_weights_.memory()},
                                {DNNL_ARG_DIFF_SRC, *diff_src}});
    }

  private:
    using Forward = typename Primitives::Forward;
    using BackwardData = typename Primitives::BackwardData;
    using BackwardWeights = typename Primitives::BackwardWeights;

    BoundConvolution(const ConvolutionShape& shape, const Forward& forward, Mode mode)
        : BoundLayer(forward.src_desc(), forward.dst_desc()),
          bias_layout_(shape.bias_layout()),
          forward_(forward),
          weights_(plain(shape.weights), forward.weights_desc()) {
        if (mode == Mode::inference) return;
        const BackwardData data(cpu(), Primitives::algorithm, src(), any_layout(shape.weights),
                                dst(), shape.strides, shape.padding_before, shape.padding_after,
                                forward, attributes());
        backward_data_ = Primitive(data);
        transposed_weights_ = PreparedWeights(plain(shape.weights), data.weights_desc());
        const BackwardWeights weights(
            cpu(), Primitives::algorithm, src(), any_layout(shape.weights), bias_layout_, dst(),
            shape.strides, shape.padding_before, shape.padding_after, forward, attributes());
        backward_weights_ = Primitive(weights);
        if (weights.src_desc() !=
            src()) {  // a single channel, for which others are 50 times slower
            prepared_src_ = Memory(weights.src_desc(), cpu());
            prepare_src_ = Reorder(src(), weights.src_desc());
        }
        diff_weights_ = GradientOfWeights(weights.diff_weights_desc(), plain(shape.weights));
        activation_ = ActivationGradient(shape.activation, dst());
    }

    static Forward describe(const ConvolutionShape& shape, Mode mode) {
        const auto kind = mode == Mode::training ? dnnl::prop_kind::forward_training
                                                 : dnnl::prop_kind::forward_inference;
        const auto forward = [&](const Layout& src, const Layout& dst) {
            return Forward(cpu(), kind, Primitives::algorithm, src, any_layout(shape.weights),
                           shape.bias_layout(), dst, shape.strides, shape.padding_before,
                           shape.padding_after, attributes_then(shape.activation));
        };
        Forward fastest = forward(any_layout(shape.src), any_layout(shape.dst));
        if (mode != Mode::training) return fastest;
        const BackwardData data(cpu(), Primitives::algorithm, fastest.src_desc(),
                                any_layout(shape.weights), fastest.dst_desc(), shape.strides,
                                shape.padding_before, shape.padding_after, fastest, attributes());
        // On SSE4.1 blocked layouts have no backward pass but oneDNN's reference, which is 100
        // times slower than the matrix products of plain ones.
        const bool reference = std::string_view(data.impl_info_str()).starts_with("ref");
        return reference ? forward(plain(shape.src), plain(shape.dst)) : fastest;
    }

    bool has_bias() const { return !bias_layout_.is_zero(); }
    /// The bias lies behind the weights.
    Memory bias(const float* values) const { return view(bias_layout_, values + weights_.size()); }

    Layout bias_layout_;
    Primitive forward_;
    Primitive backward_data_;
    Primitive backward_weights_;
    const float* values_ = nullptr;
    PreparedWeights weights_;
    PreparedWeights transposed_weights_;
    GradientOfWeights diff_weights_;
    Memory prepared_src_;  // for the gradient of the weights; empty if src is as it should be
    Reorder prepare_src_;
    ActivationGradient activation_;
};

}  // namespace models
