// From a trained synthesis of convolutions, bias and ReLU to exact integers.
#pragma once

#include "models/integer_network.hpp"

#include <span>
#include <string>
#include <vector>

namespace models {

/// A layer of the trained network, with weights and paddings as models/layers.hpp has them.
struct TrainedConvolution {
    enum class Kind {
        plain,          // convolution, stride 1, odd kernel
        upsampled,      // upsample_convolution: nearest, by two, odd kernel
        transposed,     // transposed_convolution, stride 2
        pixel_shuffled  // convolution, then PyTorch's PixelShuffle(2): channel 4 o + 2 a + b of
                        // the convolution is phase (a, b) of result o
    };
    Kind kind = Kind::plain;
    Tensor weights;           // results, sources, kernel, kernel
    std::vector<float> bias;  // one for each of the weights' results
    bool relu = true;         // the last layer has none
};

struct FreezeOptions {
    int latent_fraction_bits = 6;        // a latent of 1.0 is 2^6 as an integer
    int32_t largest_latent = 16383;      // as an integer; larger ones are clamped
    int32_t largest_activation = 16383;  // 14 bits: weights have the others of the sums' 32
    double margin = 2;                   // activations may be so much larger than those calibrated
    int32_t largest_sample = 255;        // what 1.0 of the trained network's result becomes
};

/// One layer as phases (see IntegerConvolution), in real numbers.
struct PhaseConvolution {
    int64_t inputs;
    int64_t outputs;
    int64_t up;
    int64_t window;
    std::vector<double> weights;  // up x up x outputs x inputs x window x window
    std::vector<double> bias;     // up x up x outputs
    bool relu;
};
PhaseConvolution phases(const TrainedConvolution& layer);

/// The results of each layer, in float arithmetic, for latents of C x H x W: what freeze is
/// calibrated with and compared to. Slow and plain.
std::vector<Tensor> run_trained(const std::vector<TrainedConvolution>& layers,
                                const Tensor& latents);

/// The largest activation that each layer but the last makes of any of these latents.
std::vector<double> largest_activations(const std::vector<TrainedConvolution>& layers,
                                        std::span<const Tensor> latents);

/// largest: of each layer but the last. Scales are powers of two: of a layer's activations, so that
/// margin times the largest fits; of a channel's weights, the largest for which its sums provably
/// fit 32 bits. Throws ModelError, naming layer and channel, if there is none.
IntegerNetwork freeze(const std::vector<TrainedConvolution>& layers,
                      const std::vector<double>& largest, const FreezeOptions& options);

/// Real latents as the network takes them: times 2^latent_fraction_bits, rounded.
std::vector<int32_t> freeze_latents(std::span<const float> latents, const FreezeOptions& options);

}  // namespace models
