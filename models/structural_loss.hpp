// Structural similarity at several scales as a loss: how unlike an image looks, and its gradient.
#pragma once

#include <cstdint>
#include <span>

namespace models {

/// The sum over planes of 1 - MS-SSIM (Wang et al. 2003; as a loss: Zhao et al. 2017, "Loss
/// Functions for Image Restoration with Neural Networks"), as ms_ssim() has it; sets diff_made to
/// the gradient of `scale` times that sum. made, wanted and diff_made: any number of planes of
/// height x width, with values in [0, 1], beyond which made may lie. Throws ModelError if planes
/// are smaller than 11 x 11.
///
/// It differs from the metric where the term of a scale is below 0.001: there it counts as what
/// goes on smoothly but stays above 0. Otherwise negative terms, which are common when training
/// begins, would make the product and its gradient 0.
double structural_error(std::span<const float> made, std::span<const float> wanted, int64_t height,
                        int64_t width, double scale, std::span<float> diff_made);

}  // namespace models
