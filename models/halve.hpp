// Half the size of an image by the mean of 2 x 2 pixels: what looks at images at several scales.
#pragma once

#include <cstdint>
#include <span>

namespace models {

/// How many planes of which size: images times channels, in plain layout.
struct PlaneDims {
    int64_t count;
    int64_t height;
    int64_t width;
};

/// src: planes of that size; dst: of half of it. An odd last row or column is left out.
void halve(std::span<const float> src, const PlaneDims& planes, std::span<float> dst);

/// Adds to diff_src, of the size of `planes`, the gradient for diff_dst.
void halve_backward(std::span<const float> diff_dst, const PlaneDims& planes,
                    std::span<float> diff_src);

}  // namespace models
