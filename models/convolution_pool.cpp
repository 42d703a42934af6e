// A convolution and a 2x2 max-pooling, as one layer.
#include "models/layers.hpp"
#include "models/sequence.hpp"

namespace models {

LayerPointer convolution_pool(const ConvolutionOptions& options) {
    return std::make_shared<Sequence>(Layers{convolution(options), max_pool()});
}

}  // namespace models
