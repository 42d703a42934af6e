// The windows, scales and constants of structural similarity, which the metrics and the loss share.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

namespace models::structural {

constexpr int64_t window = 11;
constexpr double luminance_floor = 0.01 * 0.01;  // (K1 * peak)^2
constexpr double contrast_floor = 0.03 * 0.03;

/// The Gaussian of one side of a window, of sum 1; windows are its outer product.
inline std::array<double, window> gaussian() {
    constexpr double deviation = 1.5;
    std::array<double, window> taps{};
    double sum = 0;
    for (int64_t i = 0; i < window; ++i) {
        constexpr int64_t middle = window / 2;
        const auto x = static_cast<double>(i - middle) / deviation;
        sum += taps[i] = std::exp(-x * x / 2);
    }
    for (double& tap : taps) tap /= sum;
    return taps;
}

/// The exponents of the scales that fit a plane (see ms_ssim), finest first, of sum 1. None if it
/// is smaller than a window.
inline std::vector<double> scale_weights(int64_t height, int64_t width) {
    constexpr std::array all{0.0448, 0.2856, 0.3001, 0.2363, 0.1333};
    std::vector<double> weights;
    double sum = 0;
    while (weights.size() < all.size() && std::min(height, width) >> weights.size() >= window) {
        sum += all[weights.size()];
        weights.push_back(all[weights.size()]);
    }
    for (double& weight : weights) weight /= sum;
    return weights;
}

}  // namespace models::structural
