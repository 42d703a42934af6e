// How many bits whole numbers take when an entropy coder knows their distribution, and the
// gradients of that: the rate in the loss of a codec. Between whole numbers it is the same formula,
// so that values with noise instead of rounding have a rate too (Ballé et al. 2018, "Variational
// Image Compression with a Scale Hyperprior", section 2).
#pragma once

#include <cstdint>
#include <span>

namespace models {

/// Natural logarithms: what a Gaussian's standard deviation is kept between. Narrower ones code
/// nothing but zeros, for next to nothing.
constexpr float least_log_scale = -2.2072749F;  // of 0.11
constexpr float most_log_scale = 5.5451774F;    // of 256

/// Where probabilities are too small for floats. A Gaussian's bits go on as half the square of the
/// distance in scales, so that gradients do; a coder has an escape. A mixture's stop here.
constexpr float tail_bits = 30;

/// The bits of all values, each from a Gaussian of mean 0 with its own scale, convolved with a
/// uniform of width 1. The diffs are set to gradients; empty: not wanted.
double gaussian_bits(std::span<const float> values, std::span<const float> log_scales,
                     std::span<float> diff_values, std::span<float> diff_log_scales);

/// A mixture of three logistic distributions has so many parameters: three weights (before a
/// softmax), means and logarithms of scales. All 0, they are equal weights, the means -2, 0 and 2,
/// and scales of 1.
constexpr int64_t mixture_parameters = 9;

/// The bits of all values, each from the same mixture convolved with a uniform of width 1.
/// diff_values is set, to diff_parameters the gradient is added; empty: not wanted.
double mixture_bits(std::span<const float> values, std::span<const float> parameters,
                    std::span<float> diff_values, std::span<float> diff_parameters);

}  // namespace models
