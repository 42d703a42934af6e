// One finite-difference check for all layers: whatever a layer computes, its backward must be the
// derivative of its forward.
#pragma once

#include "models/initialisation.hpp"
#include "models/network.hpp"

#include <cmath>
#include <string>

#include <gtest/gtest.h>

namespace models {

inline Tensor random_tensor(const Dims& dims, Generator& generator) {
    Tensor tensor(dims);
    for (float& value : tensor.values) value = static_cast<float>(generator.normal());
    return tensor;
}

/// A layer as a network, with random values of all parameters; variances are positive.
inline Network random_network(const LayerPointer& layer, const Dims& src, Generator& generator) {
    Network network("net", src, {layer});
    for (float& value : network.change()) value = static_cast<float>(0.5 + generator.uniform());
    for (float& value : network.change())
        if (generator.uniform() < 0.5) value = -0.6F * value;
    return network;
}

/// Checks the gradients of sum(weighting * forward(src)) along random directions in the source and
/// in the parameters, against central differences. `images`: the size of the batch.
inline void check_gradients(const LayerPointer& layer, const Dims& src_dims, int64_t images,
                            double tolerance = 0.01) {
    Generator generator(11);
    Network network = random_network(layer, src_dims, generator);
    Dims batch{images};
    batch.insert(batch.end(), src_dims.begin(), src_dims.end());
    Tensor src = random_tensor(batch, generator);
    batch.assign({images});
    batch.insert(batch.end(), network.dst_dims().begin(), network.dst_dims().end());
    const Tensor weighting = random_tensor(batch, generator);

    Pass pass(network, images, Mode::training);
    const auto value = [&] {
        const auto dst = pass.forward(src.values.data());
        double sum = 0;
        for (size_t i = 0; i < dst.size(); ++i) sum += double{weighting.values[i]} * dst[i];
        return sum;
    };
    const auto check = [&](std::span<float> values, std::span<const float> gradient,
                           const std::string& of) {
        const auto moved = [&](const std::vector<std::pair<size_t, float>>& step, float by) {
            const std::vector<float> before(values.begin(), values.end());
            for (const auto& [at, sign] : step) values[at] += by * sign;
            network.change();
            const double result = value();
            std::copy(before.begin(), before.end(), values.begin());
            network.change();
            return result;
        };
        const double here = value();
        int checked = 0;
        for (int direction = 0; direction < 100 && checked < 4; ++direction) {
            std::vector<std::pair<size_t, float>> step;
            double expected = 0;
            for (int i = 0; i < 3; ++i) {
                const auto at = static_cast<size_t>(generator.next() % values.size());
                step.emplace_back(at, generator.uniform() < 0.5 ? -1.F : 1.F);
                expected += double{step.back().second} * gradient[at];
            }
            constexpr float epsilon = 2e-3F;
            const double ahead = (moved(step, epsilon) - here) / double{epsilon};
            const double behind = (here - moved(step, -epsilon)) / double{epsilon};
            const double near = tolerance * std::max(1.0, std::abs(expected));
            if (std::abs(ahead - behind) > 2 * near) continue;  // a kink of relu or max_pool
            EXPECT_NEAR((ahead + behind) / 2, expected, near) << of;
            ++checked;
        }
        EXPECT_EQ(checked, 4) << of;
    };

    value();
    std::vector<float> diff_src(src.values.size());
    std::vector<float> gradients(network.values().size());
    pass.backward(weighting.values.data(), diff_src.data(), {gradients.data()});
    check(src.values, diff_src, "gradient of the source");
    int64_t offset = 0;
    for (const Parameter& parameter : network.parameters()) {
        const auto first = static_cast<size_t>(offset);
        const auto size = static_cast<size_t>(count(parameter.dims));
        if (parameter.trained())
            check(network.change().subspan(first, size), std::span(gradients).subspan(first, size),
                  "gradient of " + parameter.name);
        offset += count(parameter.dims);
    }
}

}  // namespace models
