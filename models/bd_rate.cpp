// See bd_rate.hpp.
#include "models/bd_rate.hpp"

#include <algorithm>
#include <cmath>

namespace models {
namespace {

/// At an end, from three points: parabolic, but never against the first piece.
double end_slope(double h0, double h1, double d0, double d1) {
    const double slope = ((2 * h0 + h1) * d0 - h0 * d1) / (h0 + h1);
    if (slope * d0 <= 0) return 0;
    if (d0 * d1 <= 0 && std::abs(slope) > 3 * std::abs(d0)) return 3 * d0;
    return slope;
}

Pchip log_rate_over_psnr(const std::vector<RatePoint>& best) {
    std::vector<double> psnr, rate;
    for (const RatePoint& point : best) {
        psnr.push_back(point.psnr);
        rate.push_back(std::log(point.bits_per_pixel));
    }
    return {std::move(psnr), std::move(rate)};
}

/// Where a rising curve has a value, by bisection; the end that is nearer if it has not.
double inverse(const Pchip& curve, double value) {
    double low = curve.first(), high = curve.last();
    for (int i = 0; i < 100; ++i) {
        const double middle = (low + high) / 2;
        (curve.at(middle) < value ? low : high) = middle;
    }
    return (low + high) / 2;
}

}  // namespace

Pchip::Pchip(std::vector<double> x, std::vector<double> y) : x_(std::move(x)), y_(std::move(y)) {
    const size_t pieces = x_.size() - 1;
    std::vector<double> width(pieces), rise(pieces);
    for (size_t i = 0; i < pieces; ++i) {
        width[i] = x_[i + 1] - x_[i];
        rise[i] = (y_[i + 1] - y_[i]) / width[i];
    }
    slope_.assign(x_.size(), rise[0]);
    if (pieces == 1) return;
    for (size_t i = 1; i < pieces; ++i) {
        const double left = 2 * width[i] + width[i - 1], right = width[i] + 2 * width[i - 1];
        slope_[i] = rise[i - 1] * rise[i] <= 0
                        ? 0
                        : (left + right) / (left / rise[i - 1] + right / rise[i]);
    }
    slope_.front() = end_slope(width[0], width[1], rise[0], rise[1]);
    slope_.back() =
        end_slope(width[pieces - 1], width[pieces - 2], rise[pieces - 1], rise[pieces - 2]);
}

size_t Pchip::piece(double x) const {
    const auto above = std::upper_bound(x_.begin() + 1, x_.end() - 1, x);
    return static_cast<size_t>(above - x_.begin()) - 1;
}

double Pchip::at(double x) const {
    x = std::clamp(x, first(), last());
    const size_t i = piece(x);
    const double h = x_[i + 1] - x_[i], t = (x - x_[i]) / h, u = 1 - t;
    return y_[i] * u * u * (1 + 2 * t) + y_[i + 1] * t * t * (3 - 2 * t) +
           h * t * u * (slope_[i] * u - slope_[i + 1] * t);
}

double Pchip::integral_within(size_t i, double x) const {
    const double h = x_[i + 1] - x_[i], t = (x - x_[i]) / h;
    const double t2 = t * t, t3 = t2 * t, t4 = t3 * t;
    return h *
           (y_[i] * (t4 / 2 - t3 + t) + y_[i + 1] * (t3 - t4 / 2) +
            h * (slope_[i] * (t4 / 4 - 2 * t3 / 3 + t2 / 2) + slope_[i + 1] * (t4 / 4 - t3 / 3)));
}

double Pchip::integral(double from, double to) const {
    double sum = 0;
    const size_t begin = piece(from), end = piece(to);
    for (size_t i = begin; i <= end; ++i)
        sum += integral_within(i, i == end ? to : x_[i + 1]) -
               integral_within(i, i == begin ? from : x_[i]);
    return sum;
}

std::vector<RatePoint> best_points(std::vector<RatePoint> points) {
    std::erase_if(points, [](const RatePoint& point) {
        return !std::isfinite(point.psnr) || !(point.bits_per_pixel > 0);
    });
    std::sort(points.begin(), points.end(), [](const RatePoint& a, const RatePoint& b) {
        return a.bits_per_pixel != b.bits_per_pixel ? a.bits_per_pixel < b.bits_per_pixel
                                                    : a.psnr > b.psnr;
    });
    std::vector<RatePoint> best;
    for (const RatePoint& point : points)
        if (best.empty() ||
            (point.psnr > best.back().psnr && point.bits_per_pixel > best.back().bits_per_pixel))
            best.push_back(point);
    return best;
}

std::optional<double> psnr_at(const std::vector<RatePoint>& points, double bits_per_pixel) {
    const auto best = best_points(points);
    if (best.size() < 2 || bits_per_pixel < best.front().bits_per_pixel ||
        bits_per_pixel > best.back().bits_per_pixel)
        return {};
    std::vector<double> rate, psnr;
    for (const RatePoint& point : best) {
        rate.push_back(std::log(point.bits_per_pixel));
        psnr.push_back(point.psnr);
    }
    return Pchip(std::move(rate), std::move(psnr)).at(std::log(bits_per_pixel));
}

std::optional<BdRate> bd_rate(const std::vector<RatePoint>& anchor,
                              const std::vector<RatePoint>& codec, double from_rate,
                              double to_rate) {
    const auto anchor_points = best_points(anchor), codec_points = best_points(codec);
    if (anchor_points.size() < 2 || codec_points.size() < 2) return {};
    const Pchip base = log_rate_over_psnr(anchor_points), other = log_rate_over_psnr(codec_points);
    const double least = inverse(base, std::log(from_rate)),
                 most = inverse(base, std::log(to_rate));
    const double from = std::max(least, other.first()), to = std::min(most, other.last());
    // Bisection leaves a speck of a range where there is none.
    constexpr double speck = 1e-9;
    if (to - from < speck) return {};
    const double mean = (other.integral(from, to) - base.integral(from, to)) / (to - from);
    return BdRate{100 * std::expm1(mean), (to - from) / (most - least)};
}

}  // namespace models
