// The quantiser between encoder and decoder: each latent value becomes one of a few centres.
#pragma once

#include "models/layers.hpp"

#include <span>
#include <vector>

namespace models {

struct QuantiserOptions {
    int64_t centres = 5;    // levels that a latent value can take
    float temperature = 1;  // sigma of the paper: the higher, the nearer the gradient is to hard
    bool train_centres = false;
};

/// Forward the nearest centre, backward the gradient of the soft assignment (Mentzer et al. 2018,
/// "Conditional Probability Models for Deep Image Compression", eq. 2 to 4): the mean of the
/// centres under softmax(-temperature * (value - centre)^2). Its parameter, if the centres are
/// trained, is how far each has shifted from where it began.
LayerPointer quantiser(const QuantiserOptions& options);

/// Evenly spaced by one about zero, as in Agustsson et al. 2019: -2, -1, 0, 1, 2 for five.
std::vector<float> spaced_centres(int64_t count);

/// Their present values, ascending: `shifts` as they lie among the network's parameters, or empty.
std::vector<float> present_centres(int64_t count, std::span<const float> shifts);

}  // namespace models
