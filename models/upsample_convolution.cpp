// 2x upsampling and a convolution, as one layer.
#include "models/layers.hpp"
#include "models/sequence.hpp"

namespace models {

LayerPointer upsample_convolution(const ConvolutionOptions& options) {
    return std::make_shared<Sequence>(Layers{upsample(), convolution(options)});
}

}  // namespace models
