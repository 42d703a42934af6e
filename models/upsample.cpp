// Nearest-neighbour upsampling to twice the size, by oneDNN.
#include "models/layers.hpp"

namespace models {
namespace {

using Forward = dnnl::resampling_forward::primitive_desc;
using Backward = dnnl::resampling_backward::primitive_desc;

constexpr auto nearest = dnnl::algorithm::resampling_nearest;

class BoundUpsample : public BoundLayer {
  public:
    BoundUpsample(const Forward& forward, Mode mode)
        : BoundLayer(forward.src_desc(), forward.dst_desc()), forward_(forward) {
        if (mode == Mode::training)
            backward_ = Primitive(Backward(cpu(), nearest, src(), dst(), forward, attributes()));
    }
    void forward(const Memory& src, const Memory& dst) override {
        forward_.run({{DNNL_ARG_SRC, src}, {DNNL_ARG_DST, dst}});
    }
    void backward(const Memory&, const Memory&, const Memory& diff_dst, const Memory* diff_src,
                  const Gradients&) override {
        if (diff_src)
            backward_.run({{DNNL_ARG_DIFF_DST, diff_dst}, {DNNL_ARG_DIFF_SRC, *diff_src}});
    }

  private:
    Primitive forward_;
    Primitive backward_;
};

class Upsample : public Layer {
  public:
    Dims dst_dims(const Dims& src) const override { return {src[0], src[1] * 2, src[2] * 2}; }
    std::unique_ptr<BoundLayer> bind(const Layout& src, Mode mode) const override {
        const Dims dims = src.get_dims();
        const Dims dst{dims[0], dims[1], dims[2] * 2, dims[3] * 2};
        const Forward forward(cpu(), dnnl::prop_kind::forward_training, nearest, src,
                              any_layout(dst), attributes());
        return std::make_unique<BoundUpsample>(forward, mode);
    }
};

}  // namespace

LayerPointer upsample() { return std::make_shared<Upsample>(); }

}  // namespace models
