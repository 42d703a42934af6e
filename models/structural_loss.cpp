// See structural_loss.hpp. With the sum s and the difference d of two planes, the windows' means
// and variances of those are all that is needed: two moments each, where the planes themselves need
// five, and 1 - SSIM comes without a difference of nearly equal numbers:
//   1 - structure = Var d / ((Var s + Var d) / 2 + contrast_floor)
//   1 - luminance = (E d)^2 / (((E s)^2 + (E d)^2) / 2 + luminance_floor)
#include "models/structural_loss.hpp"

#include "models/halve.hpp"
#include "models/model.hpp"
#include "models/simd.hpp"
#include "models/structural_windows.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace models {
namespace {

using namespace structural;

constexpr double small_term = 1e-3;
constexpr int64_t border = window - 1;

using Taps = std::array<float, window>;

/// Sums over windows of values that are `stride` apart; the windows of one row, side by side.
struct Filter {
    [[gnu::always_inline]] static inline void run(const float* src, int64_t stride,
                                                  const float* taps, float* dst, int64_t windows) {
        float* __restrict__ to = dst;
        for (int64_t x = 0; x < windows; ++x) {
            float sum = 0;
            for (int64_t i = 0; i < window; ++i) sum += taps[i] * src[i * stride + x];
            to[x] = sum;
        }
    }
};

/// Of one row of windows: the means of the sum, the difference and the squares of both. In place of
/// all but the second come gradients of what the windows keep: with respect to the mean, of the sum
/// or of the difference, which are one as `made` has the same part in both; and to the squares.
using Moments = std::array<float*, 4>;

/// Sets what each window loses of 1.
template <bool with_luminance>
struct Compare {
    [[gnu::always_inline]] static inline void run(Moments moments, float* lost, int64_t windows) {
        float* __restrict__ sum = moments[0];
        const float* __restrict__ difference = moments[1];
        float* __restrict__ sum_square = moments[2];
        float* __restrict__ difference_square = moments[3];
        float* __restrict__ to = lost;
        constexpr auto contrast = static_cast<float>(contrast_floor);
        constexpr auto luminance = static_cast<float>(luminance_floor);
        for (int64_t x = 0; x < windows; ++x) {
            const float s = sum[x], d = difference[x], ss = s * s, dd = d * d;
            const float variance = difference_square[x] - dd;
            const float inverse = 1 / ((sum_square[x] - ss + variance) * 0.5F + contrast);
            const float changed = variance * inverse;
            float by_sum = changed * inverse * 0.5F;
            float by_difference = by_sum - inverse;
            float by_mean = 0, all = changed;
            if constexpr (with_luminance) {
                const float inverse_light = 1 / ((ss + dd) * 0.5F + luminance);
                const float shifted = dd * inverse_light;
                by_sum *= 1 - shifted;
                by_difference *= 1 - shifted;
                by_mean = (1 - changed) * inverse_light * (shifted * (s + d) - 2 * d);
                all += shifted - changed * shifted;
            }
            to[x] = all;
            sum[x] = by_mean - 2 * (s * by_sum + d * by_difference);
            sum_square[x] = by_sum;
            difference_square[x] = by_difference;
        }
    }
};

/// The chain rule from means and squares to `made`.
struct Combine {
    [[gnu::always_inline]] static inline void run(const float* sum, const float* difference,
                                                  std::array<const float*, 3> gradients,
                                                  float factor, float* diff, int64_t count) {
        const float* __restrict__ by_mean = gradients[0];
        const float* __restrict__ by_sum = gradients[1];
        const float* __restrict__ by_difference = gradients[2];
        float* __restrict__ to = diff;
        for (int64_t x = 0; x < count; ++x)
            to[x] =
                factor * (by_mean[x] + 2 * (sum[x] * by_sum[x] + difference[x] * by_difference[x]));
    }
};

std::vector<float> squares(const std::vector<float>& values) {
    std::vector<float> result(values.size());
    std::ranges::transform(values, result.begin(), [](float value) { return value * value; });
    return result;
}

/// A plane at one scale.
struct Scale {
    Scale(int64_t height, int64_t width) : dims{1, height, width} {
        for (auto* values : {&sum, &difference, &diff})
            values->resize(static_cast<size_t>(height * width));
    }

    PlaneDims dims;
    std::vector<float> sum, difference;  // of made and wanted
    std::vector<float> diff;             // the gradient of the term with respect to made
};

/// Gradients of all windows with zeros around them: a pixel's is then a sum over a window of those.
struct Bordered {
    Bordered(int64_t rows, int64_t windows)
        : width(windows + 2 * border), values(static_cast<size_t>((rows + 2 * border) * width)) {}
    float* row(int64_t y) { return values.data() + (y + border) * width + border; }

    int64_t width;
    std::vector<float> values;
};

/// The mean over windows, and its gradient in scale.diff.
double term_of(Scale& scale, bool with_luminance) {
    const int64_t height = scale.dims.height, width = scale.dims.width;
    const int64_t rows = height - border, windows = width - border;
    Taps taps{};
    std::ranges::copy(gaussian(), taps.begin());
    const std::vector<float> sum_squares = squares(scale.sum);
    const std::vector<float> difference_squares = squares(scale.difference);
    const std::array sources{&std::as_const(scale.sum), &std::as_const(scale.difference),
                             &sum_squares, &difference_squares};
    std::array gradients{Bordered(rows, windows), Bordered(rows, windows), Bordered(rows, windows)};
    std::vector<float> line(static_cast<size_t>(width + border)), differences(line), lost(line);

    const auto filter = [&](const float* src, int64_t stride, int64_t columns, float* dst,
                            int64_t results) {
        simd::run<Filter>(src, stride, taps.data(), line.data(), columns);
        simd::run<Filter>(line.data(), int64_t{1}, taps.data(), dst, results);
    };
    double all_lost = 0;
    for (int64_t y = 0; y < rows; ++y) {
        const Moments moments{gradients[0].row(y), differences.data(), gradients[1].row(y),
                              gradients[2].row(y)};
        for (size_t k = 0; k < moments.size(); ++k)
            filter(sources[k]->data() + y * width, width, width, moments[k], windows);
        if (with_luminance)
            simd::run<Compare<true>>(moments, lost.data(), windows);
        else
            simd::run<Compare<false>>(moments, lost.data(), windows);
        for (int64_t x = 0; x < windows; ++x) all_lost += lost[x];
    }
    const auto count = static_cast<double>(rows * windows);

    std::array<std::vector<float>, 3> lines{line, line, line};
    for (int64_t y = 0; y < height; ++y) {
        for (size_t k = 0; k < lines.size(); ++k)
            filter(gradients[k].values.data() + y * gradients[k].width, gradients[k].width,
                   gradients[k].width, lines[k].data(), width);
        simd::run<Combine>(
            scale.sum.data() + y * width, scale.difference.data() + y * width,
            std::array<const float*, 3>{lines[0].data(), lines[1].data(), lines[2].data()},
            static_cast<float>(1 / count), scale.diff.data() + y * width, width);
    }
    return 1 - all_lost / count;
}

/// The term of a scale as it counts: itself, but from a small one on it only nears 0, smoothly. The
/// derivative of its logarithm is 1 / distance_from_none(term).
double counted(double term) {
    return term > small_term ? term : small_term * small_term / (2 * small_term - term);
}
double distance_from_none(double term) { return small_term + std::abs(term - small_term); }

/// 1 - MS-SSIM of the plane whose sums and differences the first scale has; leaves the gradient of
/// MS-SSIM in its diff.
double error_of(std::vector<Scale>& scales, const std::vector<double>& weights) {
    std::vector<double> terms;
    double product = 1;
    for (size_t i = 0; i < scales.size(); ++i) {
        const bool last = i + 1 == scales.size();
        terms.push_back(term_of(scales[i], last));
        product *= std::pow(counted(terms[i]), weights[i]);
        if (last) break;
        halve(scales[i].sum, scales[i].dims, scales[i + 1].sum);
        halve(scales[i].difference, scales[i].dims, scales[i + 1].difference);
    }
    for (size_t i = scales.size(); i-- > 0;) {
        const auto factor = static_cast<float>(weights[i] * product / distance_from_none(terms[i]));
        for (float& diff : scales[i].diff) diff *= factor;
        if (i + 1 < scales.size())
            halve_backward(scales[i + 1].diff, scales[i].dims, scales[i].diff);
    }
    return 1 - product;
}

}  // namespace

double structural_error(std::span<const float> made, std::span<const float> wanted, int64_t height,
                        int64_t width, double scale, std::span<float> diff_made) {
    const std::vector<double> weights = scale_weights(height, width);
    if (weights.empty())
        throw ModelError(fmt::format("images of {} x {} are too small: at least {} x {} are needed",
                                     width, height, window, window));
    std::vector<Scale> scales;
    for (size_t i = 0; i < weights.size(); ++i) scales.emplace_back(height >> i, width >> i);
    Scale& finest = scales.front();
    const auto size = finest.sum.size();
    const auto factor = static_cast<float>(-scale);
    double error = 0;
    for (size_t first = 0; first < made.size(); first += size) {
        for (size_t i = 0; i < size; ++i) {
            finest.sum[i] = made[first + i] + wanted[first + i];
            finest.difference[i] = made[first + i] - wanted[first + i];
        }
        error += error_of(scales, weights);
        for (size_t i = 0; i < size; ++i) diff_made[first + i] = factor * finest.diff[i];
    }
    return error;
}

}  // namespace models
