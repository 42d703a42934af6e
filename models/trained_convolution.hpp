// A convolution of a trained synthesis, in whichever way it makes images larger, and the one form
// that all of these take: phases, each with windows of its own.
#pragma once

#include "models/tensor.hpp"

#include <vector>

namespace models {

/// A layer of the trained network, with weights and paddings as models/layers.hpp has them.
struct TrainedConvolution {
    enum class Kind {
        plain,          // convolution, stride 1, odd kernel
        upsampled,      // upsample_convolution: nearest, by two, odd kernel
        transposed,     // transposed_convolution, stride 2
        pixel_shuffled  // convolution, odd kernel, then pixel_shuffle: its channel
                        // (a factor + b) C + o is phase (a, b) of result o
    };
    Kind kind = Kind::plain;
    Tensor weights;           // results, sources, kernel, kernel
    std::vector<float> bias;  // one for each of the weights' results
    bool relu = true;         // the last layer has none
    int64_t factor = 2;       // how much larger pixel_shuffled makes images: 2 or 4
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

}  // namespace models
