// Activations: as a layer, and as a step of other layers.
#include "models/activation.hpp"

#include "models/model.hpp"

namespace models {
namespace {

struct Eltwise {
    dnnl::algorithm forward;
    dnnl::algorithm backward;  // from the result
    float alpha;
};

Eltwise eltwise(Activation activation) {
    using dnnl::algorithm;
    switch (activation) {
        case Activation::relu:
            return {algorithm::eltwise_relu, algorithm::eltwise_relu_use_dst_for_bwd, 0};
        case Activation::leaky_relu:
            return {algorithm::eltwise_relu, algorithm::eltwise_relu_use_dst_for_bwd, 0.2F};
        case Activation::sigmoid:
            return {algorithm::eltwise_logistic, algorithm::eltwise_logistic_use_dst_for_bwd, 0};
        case Activation::tanh:
            return {algorithm::eltwise_tanh, algorithm::eltwise_tanh_use_dst_for_bwd, 0};
        case Activation::none:
            break;
    }
    throw ModelError("no activation has no arithmetic");
}

using Forward = dnnl::eltwise_forward::primitive_desc;
using Backward = dnnl::eltwise_backward::primitive_desc;

Forward forward_description(Activation activation, const Layout& layout) {
    const auto [forward, backward, alpha] = eltwise(activation);
    return {cpu(),       dnnl::prop_kind::forward_training, forward, layout, layout, alpha, 0.F,
            attributes()};
}

Backward backward_description(Activation activation, const Layout& layout) {
    const auto [forward, backward, alpha] = eltwise(activation);
    return {cpu(),       backward, layout, layout,
            layout,      alpha,    0.F,    forward_description(activation, layout),
            attributes()};
}

class BoundActivation : public BoundLayer {
  public:
    BoundActivation(Activation activation, const Layout& layout)
        : BoundLayer(layout, layout),
          forward_(forward_description(activation, layout)),
          backward_(backward_description(activation, layout)) {}

    void forward(const Memory& src, const Memory& dst) override {
        forward_.run({{DNNL_ARG_SRC, src}, {DNNL_ARG_DST, dst}});
    }
    void backward(const Memory&, const Memory& dst, const Memory& diff_dst, const Memory* diff_src,
                  const Gradients&) override {
        if (diff_src)
            backward_.run({{DNNL_ARG_DST, dst},
                           {DNNL_ARG_DIFF_DST, diff_dst},
                           {DNNL_ARG_DIFF_SRC, *diff_src}});
    }

  private:
    Primitive forward_;
    Primitive backward_;
};

class ActivationLayer : public Layer {
  public:
    explicit ActivationLayer(Activation activation) : activation_(activation) {}
    Dims dst_dims(const Dims& src) const override { return src; }
    std::unique_ptr<BoundLayer> bind(const Layout& src, Mode) const override {
        return std::make_unique<BoundActivation>(activation_, src);
    }

  private:
    Activation activation_;
};

}  // namespace

dnnl::primitive_attr attributes_then(Activation activation) {
    dnnl::primitive_attr result = attributes();
    if (activation == Activation::none) return result;
    dnnl::post_ops then;
    const auto kind = eltwise(activation);
    then.append_eltwise(kind.forward, kind.alpha, 0.F);
    result.set_post_ops(then);
    return result;
}

ActivationInPlace::ActivationInPlace(Activation activation, const Layout& layout)
    : activation_(activation) {
    if (activation != Activation::none)
        primitive_ = Primitive(forward_description(activation, layout));
}

void ActivationInPlace::run(const Memory& dst) const {
    if (activation_ != Activation::none) primitive_.run({{DNNL_ARG_SRC, dst}, {DNNL_ARG_DST, dst}});
}

ActivationGradient::ActivationGradient(Activation activation, const Layout& layout)
    : activation_(activation) {
    if (activation != Activation::none)
        primitive_ = Primitive(backward_description(activation, layout));
}

void ActivationGradient::run(const Memory& dst, const Memory& diff_dst) const {
    if (activation_ != Activation::none)
        primitive_.run(
            {{DNNL_ARG_DST, dst}, {DNNL_ARG_DIFF_DST, diff_dst}, {DNNL_ARG_DIFF_SRC, diff_dst}});
}

LayerPointer activation(Activation kind) { return std::make_shared<ActivationLayer>(kind); }

}  // namespace models
