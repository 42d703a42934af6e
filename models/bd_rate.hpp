// How much more of the rate one codec takes than another at the same error (Bjontegaard, VCEG-M33,
// 2001), for one image. Pure numbers: which codec, and of which image, the caller knows.
#pragma once

#include <optional>
#include <vector>

namespace models {

/// A monotone piecewise cubic through points (Fritsch & Butland 1984; the same as SciPy's
/// PchipInterpolator). Needs two points or more, x increasing.
class Pchip {
  public:
    Pchip(std::vector<double> x, std::vector<double> y);

    double first() const { return x_.front(); }
    double last() const { return x_.back(); }
    double at(double x) const;  // clamped to the ends
    double integral(double from, double to) const;

  private:
    size_t piece(double x) const;
    double integral_within(size_t piece, double x) const;

    std::vector<double> x_, y_, slope_;
};

struct RatePoint {
    double bits_per_pixel = 0;
    double psnr = 0;  // dB
};

/// The points of a curve, by increasing rate, that no cheaper one equals; infinite PSNR is left
/// out.
std::vector<RatePoint> best_points(std::vector<RatePoint> points);

/// The PSNR at a rate, on a cubic over the logarithm of the rate; nothing beyond the curve's ends.
std::optional<double> psnr_at(const std::vector<RatePoint>& points, double bits_per_pixel);

struct BdRate {
    double percent = 0;   // of the anchor's rate: negative if the codec takes less
    double coverage = 0;  // the part of the anchor's PSNR range, over the rates asked for, that the
                          // codec's curve reaches, 0 to 1
};

/// The mean difference of the logarithms of two codecs' rates over the PSNR that the anchor has
/// between two rates, as far as the codec's points reach. Nothing if they do not meet.
std::optional<BdRate> bd_rate(const std::vector<RatePoint>& anchor,
                              const std::vector<RatePoint>& codec, double from_rate = 0.03,
                              double to_rate = 0.4);

}  // namespace models
