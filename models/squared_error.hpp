// The mean squared error as a loss: what it is, and its gradient.
#pragma once

#include <span>

namespace models {

/// The sum of (made - wanted)^2; sets diff_made to the gradient of `scale` times that sum.
double squared_error(std::span<const float> made, std::span<const float> wanted, double scale,
                     std::span<float> diff_made);

}  // namespace models
