// Errors and similarities of images. The Gaussian windows of SSIM are separable: each row of
// windows is summed down its columns first, then along the row.
#include "models/metrics.hpp"

#include "models/halve.hpp"
#include "models/model.hpp"
#include "models/structural_windows.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>

#include <fmt/format.h>

namespace models {
namespace {

using namespace structural;

/// One channel of one image.
struct Plane {
    int64_t height;
    int64_t width;
    std::span<const float> values;
};

struct Similarity {
    double ssim = 0;
    double structure = 0;  // without the term of luminance
};

/// Weighted sums over windows of a, b, a^2, b^2 and ab.
struct Moments {
    explicit Moments(size_t width) { sums.fill(std::vector<double>(width)); }
    std::array<std::vector<double>, 5> sums;
};

void sum_columns(const Plane& a, const Plane& b, int64_t row, Moments& columns) {
    static const auto taps = gaussian();
    for (auto& sums : columns.sums) std::fill(sums.begin(), sums.end(), 0.0);
    auto& [sum_a, sum_b, sum_aa, sum_bb, sum_ab] = columns.sums;
    for (int64_t i = 0; i < window; ++i) {
        const double tap = taps[i];
        const float* row_a = a.values.data() + (row + i) * a.width;
        const float* row_b = b.values.data() + (row + i) * a.width;
        for (int64_t x = 0; x < a.width; ++x) {
            const double va = row_a[x], vb = row_b[x];
            sum_a[x] += tap * va;
            sum_b[x] += tap * vb;
            sum_aa[x] += tap * va * va;
            sum_bb[x] += tap * vb * vb;
            sum_ab[x] += tap * va * vb;
        }
    }
}

void sum_rows(const Moments& columns, int64_t windows, Moments& all) {
    static const auto taps = gaussian();
    for (size_t k = 0; k < all.sums.size(); ++k) {
        auto& sums = all.sums[k];
        std::fill(sums.begin(), sums.end(), 0.0);
        for (int64_t i = 0; i < window; ++i)
            for (int64_t x = 0; x < windows; ++x) sums[x] += taps[i] * columns.sums[k][x + i];
    }
}

Similarity similarity(const Plane& a, const Plane& b) {
    const int64_t rows = a.height - window + 1, windows = a.width - window + 1;
    Moments columns(static_cast<size_t>(a.width)), all(static_cast<size_t>(windows));
    const auto& [mean_a, mean_b, square_a, square_b, product] = all.sums;
    Similarity total;
    for (int64_t row = 0; row < rows; ++row) {
        sum_columns(a, b, row, columns);
        sum_rows(columns, windows, all);
        for (int64_t x = 0; x < windows; ++x) {
            const double aa = mean_a[x] * mean_a[x], bb = mean_b[x] * mean_b[x];
            const double ab = mean_a[x] * mean_b[x];
            const double structure = (2 * (product[x] - ab) + contrast_floor) /
                                     (square_a[x] - aa + square_b[x] - bb + contrast_floor);
            total.structure += structure;
            total.ssim += structure * (2 * ab + luminance_floor) / (aa + bb + luminance_floor);
        }
    }
    const auto count = static_cast<double>(rows * windows);
    return {total.ssim / count, total.structure / count};
}

std::vector<float> half_of(const Plane& plane) {
    std::vector<float> half(static_cast<size_t>(plane.height / 2 * (plane.width / 2)));
    halve(plane.values, {1, plane.height, plane.width}, half);
    return half;
}

double multi_scale(Plane a, Plane b) {
    const std::vector<double> weights = scale_weights(a.height, a.width);
    double result = 1;
    std::vector<float> half_a, half_b;
    for (size_t scale = 0; scale < weights.size(); ++scale) {
        const Similarity here = similarity(a, b);
        const double term = scale + 1 == weights.size() ? here.ssim : here.structure;
        result *= std::pow(std::max(term, 0.0), weights[scale]);
        half_a = half_of(a);
        half_b = half_of(b);
        a = {a.height / 2, a.width / 2, half_a};
        b = {b.height / 2, b.width / 2, half_b};
    }
    return result;
}

double squared_error(const Plane& a, const Plane& b) {
    double sum = 0;
    for (size_t i = 0; i < a.values.size(); ++i) {
        const double difference = static_cast<double>(a.values[i]) - b.values[i];
        sum += difference * difference;
    }
    return sum / static_cast<double>(a.values.size());
}

template <class OfPlanes>
std::vector<double> per_image(const Tensor& images, const Tensor& others, int64_t least,
                              OfPlanes of) {
    if (images.dims != others.dims || images.dims.size() != 4)
        throw ModelError("images to compare must be N x C x H x W, and of the same dims");
    const int64_t channels = images.dims[1], height = images.dims[2], width = images.dims[3];
    if (std::min(height, width) < least)
        throw ModelError(fmt::format("images of {} x {} are too small: at least {} x {} are needed",
                                     width, height, least, least));
    std::vector<double> values(static_cast<size_t>(images.dims[0]));
    const auto size = static_cast<size_t>(height * width);
    size_t first = 0;
    for (double& value : values) {
        for (int64_t c = 0; c < channels; ++c, first += size)
            value += of(Plane{height, width, std::span(images.values).subspan(first, size)},
                        Plane{height, width, std::span(others.values).subspan(first, size)});
        value /= static_cast<double>(channels);
    }
    return values;
}

}  // namespace

std::vector<double> mse(const Tensor& images, const Tensor& others) {
    return per_image(images, others, 1, squared_error);
}

std::vector<double> psnr(const Tensor& images, const Tensor& others) {
    std::vector<double> values = mse(images, others);
    for (double& value : values)
        value = value > 0 ? -10 * std::log10(value) : std::numeric_limits<double>::infinity();
    return values;
}

std::vector<double> ssim(const Tensor& images, const Tensor& others) {
    return per_image(images, others, window,
                     [](const Plane& a, const Plane& b) { return similarity(a, b).ssim; });
}

std::vector<double> ms_ssim(const Tensor& images, const Tensor& others) {
    return per_image(images, others, window, multi_scale);
}

const std::vector<Metric>& metrics() {
    static const std::vector<Metric> all{
        {"mse", "mean squared error per pixel, of values in [0, 1]", false, 1, mse},
        {"psnr", "peak signal-to-noise ratio in dB", true, 1, psnr},
        {"ssim", "structural similarity, at most 1", true, window, ssim},
        {"ms_ssim", "structural similarity at several scales, at most 1", true, window, ms_ssim}};
    return all;
}

}  // namespace models
