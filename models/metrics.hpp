// How near a decoded image is to its original: the figures that are reported for every model.
#pragma once

#include "models/tensor.hpp"

#include <functional>
#include <string>
#include <vector>

namespace models {

/// All take two tensors N x C x H x W with values in [0, 1] and give one value per image, the mean
/// over its channels. Throw ModelError if the dims differ or the images are too small.

/// Mean squared error per pixel.
std::vector<double> mse(const Tensor& images, const Tensor& others);

/// Peak signal-to-noise ratio in dB, for a peak of 1; infinite for equal images.
std::vector<double> psnr(const Tensor& images, const Tensor& others);

/// Structural similarity (Wang et al. 2004): mean over all 11 x 11 Gaussian windows (sigma 1.5)
/// that lie within the image, K1 = 0.01, K2 = 0.03. Needs 11 x 11 pixels.
std::vector<double> ssim(const Tensor& images, const Tensor& others);

/// Multi-scale structural similarity (Wang et al. 2003): contrast and structure at five scales,
/// each half of the one before, luminance at the last. Images of less than 176 pixels get only as
/// many scales as an 11 x 11 window fits, with the weights of those brought back to a sum of 1, so
/// that values of different numbers of scales (128 x 128: four) are not to be compared. Negative
/// terms count as 0.
std::vector<double> ms_ssim(const Tensor& images, const Tensor& others);

struct Metric {
    std::string name;
    std::string doc;
    bool higher_is_better;
    int64_t least;  // pixels that images need at least, along both sides
    std::function<std::vector<double>(const Tensor&, const Tensor&)> of;
};

/// All of the above, by the names of the functions.
const std::vector<Metric>& metrics();

}  // namespace models
