// See likelihood.hpp.
#include "models/likelihood.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace models {
namespace {

constexpr float per_nat = std::numbers::log2e_v<float>;  // bits
constexpr float least_probability = 0x1p-30F;            // of tail_bits
constexpr float density_bits = 4;  // with the square, about tail_bits where it begins

/// The probability that a standard Gaussian is below `x`, exact in the lower tail.
float below(float x) { return 0.5F * std::erfc(-x * (std::numbers::sqrt2_v<float> / 2)); }

float density(float x) {
    constexpr float peak = std::numbers::inv_sqrtpi_v<float> / std::numbers::sqrt2_v<float>;
    return peak * std::exp(-0.5F * x * x);
}

float sigmoid(float x) { return 1 / (1 + std::exp(-x)); }

/// The gradient of a clamped value, kept back only where it would move further out.
float within(float value, float diff) {
    if (value < least_log_scale && diff > 0) return 0;
    if (value > most_log_scale && diff < 0) return 0;
    return diff;
}

}  // namespace

double gaussian_bits(std::span<const float> values, std::span<const float> log_scales,
                     std::span<float> diff_values, std::span<float> diff_log_scales) {
    double bits = 0;
    for (size_t i = 0; i < values.size(); ++i) {
        const float log_scale = std::clamp(log_scales[i], least_log_scale, most_log_scale);
        const float per_scale = std::exp(-log_scale);
        const float size = std::abs(values[i]);  // in the lower tail differences are exact
        const float upper = (0.5F - size) * per_scale;
        const float lower = (-0.5F - size) * per_scale;
        const float probability = below(upper) - below(lower);
        const bool in_tail = probability <= least_probability;
        bits += in_tail ? density_bits + 0.5F * per_nat * upper * upper : -std::log2(probability);
        if (diff_values.empty()) continue;
        float by_size;
        float by_log_scale;
        if (!in_tail) {
            const float at_upper = density(upper);
            const float at_lower = density(lower);
            by_size = (at_upper - at_lower) * per_scale / probability;
            by_log_scale = (upper * at_upper - lower * at_lower) / probability;
        } else {
            by_size = -upper * per_scale;
            by_log_scale = -upper * upper;
        }
        diff_values[i] = per_nat * std::copysign(by_size, values[i]);
        diff_log_scales[i] = within(log_scales[i], per_nat * by_log_scale);
    }
    return bits;
}

double mixture_bits(std::span<const float> values, std::span<const float> parameters,
                    std::span<float> diff_values, std::span<float> diff_parameters) {
    constexpr size_t parts = mixture_parameters / 3;
    constexpr float apart = 2;
    std::array<float, parts> weight;
    std::array<float, parts> mean;
    std::array<float, parts> per_scale;
    float all = 0;
    for (size_t k = 0; k < parts; ++k) {
        weight[k] = std::exp(parameters[k]);
        all += weight[k];
        mean[k] = parameters[parts + k] + apart * (static_cast<float>(k) - 1);
        per_scale[k] = std::exp(-std::clamp(parameters[2 * parts + k], -4.F, 6.F));
    }
    for (float& one : weight) one /= all;

    double bits = 0;
    for (size_t i = 0; i < values.size(); ++i) {
        std::array<float, parts> share;
        std::array<float, parts> by_value;  // of the shares
        std::array<float, parts> by_log_scale;
        float probability = 0;
        for (size_t k = 0; k < parts; ++k) {
            const float distance = values[i] - mean[k];
            const float side = distance > 0 ? -1.F : 1.F;  // in the lower tail, as above
            const float upper = (side * distance + 0.5F) * per_scale[k];
            const float lower = (side * distance - 0.5F) * per_scale[k];
            const float to_upper = sigmoid(upper);
            const float to_lower = sigmoid(lower);
            const float at_upper = to_upper * (1 - to_upper);
            const float at_lower = to_lower * (1 - to_lower);
            share[k] = to_upper - to_lower;
            by_value[k] = side * (at_upper - at_lower) * per_scale[k];
            by_log_scale[k] = -(upper * at_upper - lower * at_lower);
            probability += weight[k] * share[k];
        }
        const float bounded = std::max(probability, least_probability);
        bits -= std::log2(bounded);
        if (diff_values.empty()) continue;
        const float scale = -per_nat / bounded;
        diff_values[i] = 0;
        for (size_t k = 0; k < parts; ++k) {
            const float part = scale * weight[k];
            diff_values[i] += part * by_value[k];
            diff_parameters[k] += part * (share[k] - probability);
            diff_parameters[parts + k] -= part * by_value[k];
            diff_parameters[2 * parts + k] += part * by_log_scale[k];
        }
    }
    return bits;
}

}  // namespace models
