// A small codec, frozen untrained: everything of a real one, in a moment.
#pragma once

#include "models/freeze_codec.hpp"
#include "models/hyperprior_model.hpp"
#include "tests/models/options.hpp"

#include <cmath>
#include <memory>

namespace models {

/// Waves in [0, 1], of another length for each seed.
inline Tensor waves(int64_t height, int64_t width, int seed) {
    Tensor image({1, height, width});
    for (int64_t y = 0; y < height; ++y)
        for (int64_t x = 0; x < width; ++x)
            image.values[static_cast<size_t>(y * width + x)] = static_cast<float>(
                0.5 + 0.4 * std::sin(0.05 * (seed + 1) * static_cast<double>(x)) *
                          std::cos(0.07 * static_cast<double>(y) + seed));
    return image;
}

inline std::shared_ptr<const HyperpriorModel> small_hyperprior(uint64_t seed = 5) {
    const auto architecture = selected<Architecture>(
        "hyperprior", {{"width", "8"}, {"latent_channels", "6"}, {"qualities", "3"}});
    return std::dynamic_pointer_cast<const HyperpriorModel>(
        std::shared_ptr<const Model>(architecture->build({1, 64, 64}, seed, {})));
}

inline std::shared_ptr<const FrozenCodec> small_codec(uint64_t seed = 5) {
    std::vector<Tensor> images;
    for (int seed = 0; seed < 4; ++seed) images.push_back(waves(64, 96, seed));
    FreezeCodecOptions options;
    options.tables.classes = 8;
    options.tables.tables = 16;
    options.tables.rounds = 4;
    return freeze_codec(small_hyperprior(seed), images, options);
}

}  // namespace models
