// From a trained synthesis of convolutions, bias and ReLU to exact integers.
#pragma once

#include "models/integer_network.hpp"
#include "models/trained_convolution.hpp"

#include <span>
#include <vector>

namespace models {

struct FreezeOptions {
    std::vector<double> latent_units;  // of each channel: what 1.0 is as an integer; empty: 16
    int32_t largest_latent = 4095;     // as an integer; larger ones are clamped
    // Activations and weights share the sums' 32 bits: with so many for activations, both are
    // about as precise.
    int32_t largest_activation = 8191;
    double margin = 4;             // activations may be so much larger than those calibrated
    int32_t largest_sample = 255;  // what 1.0 of the trained network's result becomes
};

/// The largest activation of each channel of each layer but the last, for any of these latents.
std::vector<std::vector<double>> largest_activations(const std::vector<TrainedConvolution>& layers,
                                                     std::span<const Tensor> latents);

/// largest: as largest_activations gives it. A channel's activations are scaled so that margin
/// times the largest just fits, and the weights towards it by the largest power of two beyond that
/// for which its sums provably fit 32 bits. Throws ModelError, naming layer and channel, if none
/// does.
IntegerNetwork freeze(const std::vector<TrainedConvolution>& layers,
                      const std::vector<std::vector<double>>& largest,
                      const FreezeOptions& options);

}  // namespace models
