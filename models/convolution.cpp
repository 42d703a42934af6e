// A 2D convolution by oneDNN, with its activation.
#include "models/bound_convolution.hpp"
#include "models/model.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace models {
namespace {

struct Primitives {
    using Forward = dnnl::convolution_forward::primitive_desc;
    using BackwardData = dnnl::convolution_backward_data::primitive_desc;
    using BackwardWeights = dnnl::convolution_backward_weights::primitive_desc;
    static constexpr auto algorithm = dnnl::algorithm::convolution_direct;
};

class Convolution : public Layer {
  public:
    explicit Convolution(const ConvolutionOptions& options) : options_(options) {}

    Dims dst_dims(const Dims& src) const override {
        const auto side = [&](int64_t size) {
            return (size + 2 * padding() - options_.kernel) / options_.stride + 1;
        };
        if (std::min(src[1], src[2]) + 2 * padding() < options_.kernel)
            throw ModelError(
                fmt::format("a {0}x{0} convolution of a {1}x{2} image leaves nothing; use larger "
                            "images or fewer layers",
                            options_.kernel, src[2], src[1]));
        return {options_.channels, side(src[1]), side(src[2])};
    }

    std::vector<Parameter> parameters(const Dims& src) const override {
        return weights_and_bias({options_.channels, src[0], options_.kernel, options_.kernel},
                                options_.bias);
    }

    std::unique_ptr<BoundLayer> bind(const Layout& src, Mode mode) const override {
        const Dims dims = src.get_dims();
        const Dims dst = dst_dims({dims.begin() + 1, dims.end()});
        const ConvolutionShape shape{dims,
                                     {dims[0], dst[0], dst[1], dst[2]},
                                     {options_.channels, dims[1], options_.kernel, options_.kernel},
                                     {options_.stride, options_.stride},
                                     {padding(), padding()},
                                     {padding(), padding()},
                                     options_.activation,
                                     options_.bias};
        return std::make_unique<BoundConvolution<Primitives>>(shape, mode);
    }

  private:
    int64_t padding() const { return (options_.kernel - 1) / 2; }

    ConvolutionOptions options_;
};

}  // namespace

LayerPointer convolution(const ConvolutionOptions& options) {
    return std::make_shared<Convolution>(options);
}

}  // namespace models
