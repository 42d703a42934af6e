// See footprint.hpp.
#include "models/footprint.hpp"

#include <fmt/format.h>

namespace models {

Footprint footprint(const Layers& layers, const Dims& src, const Dims& made) {
    Footprint all;
    Dims dims = src;
    for (const auto& layer : layers) {
        for (const Parameter& parameter : layer->parameters(dims))
            all.weights += count(parameter.dims);
        dims = layer->dst_dims(dims);
        all.activations += count(dims);
    }
    if (!made.empty() && dims != made)
        throw ModelError(fmt::format("the decoder makes images of {}, but they are {}",
                                     fmt::join(dims, " x "), fmt::join(made, " x ")));
    return all;
}

}  // namespace models
