// 2x2 max-pooling by oneDNN.
#include "models/layers.hpp"
#include "models/model.hpp"

#include <fmt/format.h>

namespace models {
namespace {

using Forward = dnnl::pooling_forward::primitive_desc;
using Backward = dnnl::pooling_backward::primitive_desc;

const Dims two{2, 2};
const Dims none{0, 0};

Forward describe(const Layout& src, const Dims& dst, Mode mode) {
    const auto kind = mode == Mode::training ? dnnl::prop_kind::forward_training
                                             : dnnl::prop_kind::forward_inference;
    return {cpu(),
            kind,
            dnnl::algorithm::pooling_max,
            src,
            any_layout(dst),
            two,
            two,
            none,
            none,
            none,
            attributes()};
}

class BoundMaxPool : public BoundLayer {
  public:
    BoundMaxPool(const Forward& forward, Mode mode)
        : BoundLayer(forward.src_desc(), forward.dst_desc()), forward_(forward) {
        if (mode == Mode::inference) return;
        where_ = Memory(forward.workspace_desc(), cpu());
        backward_ = Primitive(Backward(cpu(), dnnl::algorithm::pooling_max, src(), dst(), two, two,
                                       none, none, none, forward, attributes()));
    }

    void forward(const Memory& src, const Memory& dst) override {
        Primitive::Arguments arguments{{DNNL_ARG_SRC, src}, {DNNL_ARG_DST, dst}};
        if (where_) arguments.emplace(DNNL_ARG_WORKSPACE, where_);
        forward_.run(std::move(arguments));
    }
    void backward(const Memory&, const Memory&, const Memory& diff_dst, const Memory* diff_src,
                  const Gradients&) override {
        if (diff_src)
            backward_.run({{DNNL_ARG_DIFF_DST, diff_dst},
                           {DNNL_ARG_WORKSPACE, where_},
                           {DNNL_ARG_DIFF_SRC, *diff_src}});
    }

  private:
    Primitive forward_;
    Primitive backward_;
    Memory where_;  // the largest was in each window
};

class MaxPool : public Layer {
  public:
    Dims dst_dims(const Dims& src) const override {
        if (src[1] % 2 || src[2] % 2)
            throw ModelError(
                fmt::format("{}x{} cannot be halved by 2x2 pooling; resize images so that it can",
                            src[2], src[1]));
        return {src[0], src[1] / 2, src[2] / 2};
    }
    std::unique_ptr<BoundLayer> bind(const Layout& src, Mode mode) const override {
        const Dims dims = src.get_dims();
        const Dims dst{dims[0], dims[1], dims[2] / 2, dims[3] / 2};
        return std::make_unique<BoundMaxPool>(describe(src, dst, mode), mode);
    }
};

}  // namespace

LayerPointer max_pool() { return std::make_shared<MaxPool>(); }

}  // namespace models
