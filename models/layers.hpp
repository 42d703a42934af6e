// All layers that there are: an architecture lists them. Each is one file, models/<name>.cpp.
#pragma once

#include "models/layer.hpp"

#include <memory>

namespace models {

enum class Activation { none, relu, leaky_relu, sigmoid, tanh };  // leaky: 0.2 below zero

struct ConvolutionOptions {
    int64_t channels = 1;  // of the result
    int64_t kernel = 3;    // side of the window
    int64_t stride = 1;
    Activation activation = Activation::none;
    bool bias = true;  // of no use before a normalisation
};

using LayerPointer = std::shared_ptr<const Layer>;

/// A bias and a weight for each pair of source value and result value. dst: C, H, W of the result.
LayerPointer dense(const Dims& dst, Activation activation = Activation::none);
/// Zero-padded so that the result has 1 / stride of the size, rounded up for odd kernels.
LayerPointer convolution(const ConvolutionOptions& options);
/// The same, then max_pool: neither the convolution's result nor its gradient goes to memory if the
/// layer has a kernel for it.
LayerPointer convolution_pool(const ConvolutionOptions& options);
/// Makes the image `stride` times larger; kernel >= stride.
LayerPointer transposed_convolution(const ConvolutionOptions& options);
/// upsample, then a 3x3 convolution of stride 1, done as four 2x2 convolutions of the small image.
LayerPointer upsample_convolution(const ConvolutionOptions& options);
/// The largest of each 2x2 pixels, which halves the size.
LayerPointer max_pool();
/// Each pixel becomes 2x2 equal ones.
LayerPointer upsample();
/// [1 2 1] / 4 along rows and columns, the border repeated.
LayerPointer blur();
LayerPointer activation(Activation kind);
/// Mean 0 and variance 1 of each channel over the whole batch, then scale and bias (Ioffe and
/// Szegedy 2015). In inference with the averages that training kept.
LayerPointer batch_norm();
/// The same over each image by itself, in inference too (Ulyanov et al. 2016).
LayerPointer instance_norm();
/// Over the channels of each pixel by itself, then scale and bias of each channel.
LayerPointer channel_norm();
/// Divides each channel by sqrt(beta + sum over j of gamma_j * channel j squared) of its pixel,
/// with a beta of its own and a gamma for each pair (Ballé et al. 2016); the inverse multiplies.
/// Its parameters are roots of these: models/gdn.cpp.
LayerPointer gdn(bool inverse = false);
/// src + body(src); the body must keep the dims.
LayerPointer residual(Layers body);

}  // namespace models
