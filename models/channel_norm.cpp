// Normalisation over the channels of each pixel, by oneDNN (as in Mentzer et al. 2020,
// "High-Fidelity Generative Image Compression").
#include "models/layers.hpp"

namespace models {
namespace {

using Forward = dnnl::layer_normalization_forward::primitive_desc;
using Backward = dnnl::layer_normalization_backward::primitive_desc;

constexpr float epsilon = 1e-3F;  // as there
const auto flags = dnnl::normalization_flags::use_scale | dnnl::normalization_flags::use_shift;

class BoundChannelNorm : public BoundLayer {
  public:
    /// src: N, C, H, W with the channels of a pixel side by side.
    explicit BoundChannelNorm(const Layout& src)
        : BoundLayer(src, src),
          channels_(src.get_dims()[1]),
          pixels_(plain({count(src.get_dims()) / channels_, channels_})),
          per_pixel_(plain({count(src.get_dims()) / channels_})),
          per_channel_(plain({channels_})),
          mean_(per_pixel_, cpu()),
          variance_(per_pixel_, cpu()),
          unused_(plain({2 * channels_}), cpu()) {
        const Forward forward(cpu(), dnnl::prop_kind::forward_training, pixels_, pixels_,
                              per_pixel_, epsilon, flags, attributes());
        forward_ = Primitive(forward);
        backward_ = Primitive(Backward(cpu(), dnnl::prop_kind::backward, pixels_, pixels_, pixels_,
                                       per_pixel_, epsilon, flags, forward, attributes()));
    }

    void load(const float* values) override { values_ = values; }

    void forward(const Memory& src, const Memory& dst) override {
        forward_.run({{DNNL_ARG_SRC, pixels(src)},
                      {DNNL_ARG_DST, pixels(dst)},
                      {DNNL_ARG_SCALE, view(per_channel_, values_)},
                      {DNNL_ARG_SHIFT, view(per_channel_, values_ + channels_)},
                      {DNNL_ARG_MEAN, mean_},
                      {DNNL_ARG_VARIANCE, variance_}});
    }

    void backward(const Memory& src, const Memory&, const Memory& diff_dst, const Memory* diff_src,
                  const Gradients& gradients) override {
        const float* to = gradients ? gradients.values : floats(unused_);
        backward_.run({{DNNL_ARG_SRC, pixels(src)},
                       {DNNL_ARG_DIFF_DST, pixels(diff_dst)},
                       {DNNL_ARG_DIFF_SRC, pixels(diff_src ? *diff_src : diff_dst)},
                       {DNNL_ARG_SCALE, view(per_channel_, values_)},
                       {DNNL_ARG_SHIFT, view(per_channel_, values_ + channels_)},
                       {DNNL_ARG_MEAN, mean_},
                       {DNNL_ARG_VARIANCE, variance_},
                       {DNNL_ARG_DIFF_SCALE, view(per_channel_, to)},
                       {DNNL_ARG_DIFF_SHIFT, view(per_channel_, to + channels_)}});
    }

  private:
    Memory pixels(const Memory& of) const { return view(pixels_, floats(of)); }

    int64_t channels_;
    Layout pixels_;
    Layout per_pixel_;
    Layout per_channel_;
    Memory mean_;
    Memory variance_;
    Memory unused_;
    Primitive forward_;
    Primitive backward_;
    const float* values_ = nullptr;  // scale and bias
};

class ChannelNorm : public Layer {
  public:
    Dims dst_dims(const Dims& src) const override { return src; }
    std::vector<Parameter> parameters(const Dims& src) const override {
        return {{"scale", {src[0]}, Parameter::Role::scale},
                {"bias", {src[0]}, Parameter::Role::bias}};
    }
    std::unique_ptr<BoundLayer> bind(const Layout& src, Mode) const override {
        return std::make_unique<BoundChannelNorm>(
            Layout(src.get_dims(), Memory::data_type::f32, Memory::format_tag::nhwc));
    }
};

}  // namespace

LayerPointer channel_norm() { return std::make_shared<ChannelNorm>(); }

}  // namespace models
