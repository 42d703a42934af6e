// See adversarial_loss.hpp.
#include "models/adversarial_loss.hpp"

#include <algorithm>
#include <cmath>

namespace models {
namespace {

struct Point {
    double value;
    double derivative;
};

/// The sum of loss(logit), which returns a Point.
template <class Loss>
double sum_of(std::span<const float> logits, double scale, std::span<float> diff, Loss loss) {
    double sum = 0;
    for (size_t i = 0; i < logits.size(); ++i) {
        const Point point = loss(static_cast<double>(logits[i]));
        sum += point.value;
        diff[i] = static_cast<float>(scale * point.derivative);
    }
    return sum;
}

/// Binary cross entropy of a sigmoid, whose target is 1 for sign 1 and 0 for -1, without overflow.
Point cross_entropy(double logit, double sign) {
    const double margin = sign * logit;
    const double value = std::max(-margin, 0.0) + std::log1p(std::exp(-std::abs(margin)));
    return {value, -sign / (1 + std::exp(margin))};
}

/// Goodfellow et al. 2014, with the generator's non-saturating form: -log D(G).
struct Classic : AdversarialLoss {
    double discriminator(std::span<const float> logits, bool real, double scale,
                         std::span<float> diff) const override {
        return sum_of(logits, scale, diff,
                      [=](double x) { return cross_entropy(x, real ? 1 : -1); });
    }
    double generator(std::span<const float> logits, double scale,
                     std::span<float> diff) const override {
        return discriminator(logits, true, scale, diff);
    }
};

/// Mao et al. 2017, with targets 0 and 1; the loss of Agustsson et al. 2019.
struct LeastSquares : AdversarialLoss {
    double discriminator(std::span<const float> logits, bool real, double scale,
                         std::span<float> diff) const override {
        const double target = real ? 1 : 0;
        return sum_of(logits, scale, diff, [=](double x) {
            return Point{(x - target) * (x - target) / 2, x - target};
        });
    }
    double generator(std::span<const float> logits, double scale,
                     std::span<float> diff) const override {
        return discriminator(logits, true, scale, diff);
    }
};

/// Arjovsky et al. 2017, with their clipping of weights: a gradient penalty would need second
/// derivatives of every layer.
struct Wasserstein : AdversarialLoss {
    float clip = 0.05F;

    double discriminator(std::span<const float> logits, bool real, double scale,
                         std::span<float> diff) const override {
        const double sign = real ? -1 : 1;
        return sum_of(logits, scale, diff, [=](double x) { return Point{sign * x, sign}; });
    }
    double generator(std::span<const float> logits, double scale,
                     std::span<float> diff) const override {
        return discriminator(logits, true, scale, diff);
    }
    void constrain(std::span<float> values) const override {
        for (float& value : values) value = std::clamp(value, -clip, clip);
    }
};

using Kinds = graph::Kinds<AdversarialLoss>;

const Kinds::Add<Classic> classic{
    "classic", "binary cross entropy; the generator's is the non-saturating form", {}};
const Kinds::Add<LeastSquares> least_squares{
    "least_squares", "squared distance of the logits from 1 and 0: gradients that do not fade", {}};
const Kinds::Add<Wasserstein> wasserstein{
    "wasserstein",
    "difference of the mean logits, from a critic whose weights are clipped",
    {graph::param("clip", &Wasserstein::clip, graph::Range{1e-4, 10},
                  "largest size of the critic's weights")}};

}  // namespace
}  // namespace models
