// A transposed convolution by oneDNN, which makes images larger, with its activation.
#include "models/bound_convolution.hpp"
#include "models/model.hpp"

#include <fmt/format.h>

namespace models {
namespace {

struct Primitives {
    using Forward = dnnl::deconvolution_forward::primitive_desc;
    using BackwardData = dnnl::deconvolution_backward_data::primitive_desc;
    using BackwardWeights = dnnl::deconvolution_backward_weights::primitive_desc;
    static constexpr auto algorithm = dnnl::algorithm::deconvolution_direct;
};

class TransposedConvolution : public Layer {
  public:
    explicit TransposedConvolution(const ConvolutionOptions& options) : options_(options) {
        if (options.kernel < options.stride)
            throw ModelError(fmt::format(
                "a transposed convolution of kernel {} and stride {} leaves gaps; make the kernel "
                "at least as large as the stride",
                options.kernel, options.stride));
    }

    Dims dst_dims(const Dims& src) const override {
        return {options_.channels, src[1] * options_.stride, src[2] * options_.stride};
    }

    std::vector<Parameter> parameters(const Dims& src) const override {
        return weights_and_bias({options_.channels, src[0], options_.kernel, options_.kernel},
                                options_.bias);
    }

    std::unique_ptr<BoundLayer> bind(const Layout& src, Mode mode) const override {
        const Dims dims = src.get_dims();
        const int64_t stride = options_.stride;
        const int64_t after = (options_.kernel - stride) / 2;
        const int64_t before = options_.kernel - stride - after;
        const ConvolutionShape shape{
            dims,
            {dims[0], options_.channels, dims[2] * stride, dims[3] * stride},
            {options_.channels, dims[1], options_.kernel, options_.kernel},
            {stride, stride},
            {before, before},
            {after, after},
            options_.activation,
            options_.bias};
        return std::make_unique<BoundConvolution<Primitives>>(shape, mode);
    }

  private:
    ConvolutionOptions options_;
};

}  // namespace

LayerPointer transposed_convolution(const ConvolutionOptions& options) {
    return std::make_shared<TransposedConvolution>(options);
}

}  // namespace models
