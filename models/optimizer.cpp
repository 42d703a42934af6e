// Adam and stochastic gradient descent, with the formulas of PyTorch, so that its figures can be
// compared with ours value by value.
#include "models/optimizer.hpp"

#include <algorithm>
#include <cmath>

namespace models {
namespace {

using graph::Kinds;
using graph::param;
using graph::Range;

/// Kingma and Ba 2015, "Adam: A Method for Stochastic Optimization", as torch.optim.Adam.
struct Adam : Optimizer {
    double rate = 0.001;
    double beta1 = 0.9;
    double beta2 = 0.999;
    double epsilon = 1e-8;

    int moments() const override { return 2; }

    void update(const Slice& slice, const Step& step) const override {
        const auto number = static_cast<double>(step.number);
        const auto scale = static_cast<float>(step.gradient_scale);
        const auto keep1 = static_cast<float>(beta1), take1 = static_cast<float>(1 - beta1);
        const auto keep2 = static_cast<float>(beta2), take2 = static_cast<float>(1 - beta2);
        const auto size =
            static_cast<float>(rate * step.rate_factor / (1 - std::pow(beta1, number)));
        const auto correction = static_cast<float>(1 / std::sqrt(1 - std::pow(beta2, number)));
        const auto tiny = static_cast<float>(epsilon);
        float* __restrict__ weight = slice.weights.data();
        const float* __restrict__ gradient = slice.gradients.data();
        float* __restrict__ mean = slice.moments[0].data();
        float* __restrict__ square = slice.moments[1].data();
        const size_t count = slice.weights.size();
        for (size_t i = 0; i < count; ++i) {
            const float g = gradient[i] * scale;
            mean[i] = keep1 * mean[i] + take1 * g;
            square[i] = keep2 * square[i] + take2 * g * g;
            weight[i] -= size * mean[i] / (std::sqrt(square[i]) * correction + tiny);
        }
    }
};

/// With momentum as torch.optim.SGD: the moment is a decaying sum of gradients, without damping.
struct Sgd : Optimizer {
    double rate = 0.01;
    double momentum = 0.9;

    int moments() const override { return momentum > 0 ? 1 : 0; }

    void update(const Slice& slice, const Step& step) const override {
        const auto scale = static_cast<float>(step.gradient_scale);
        const auto size = static_cast<float>(rate * step.rate_factor);
        const auto keep = static_cast<float>(momentum);
        float* __restrict__ weight = slice.weights.data();
        const float* __restrict__ gradient = slice.gradients.data();
        float* __restrict__ velocity = slice.moments[0].data();
        const size_t count = slice.weights.size();
        if (momentum <= 0) {
            for (size_t i = 0; i < count; ++i) weight[i] -= size * scale * gradient[i];
            return;
        }
        for (size_t i = 0; i < count; ++i) {
            velocity[i] = keep * velocity[i] + scale * gradient[i];
            weight[i] -= size * velocity[i];
        }
    }
};

const double below_one = std::nextafter(1.0, 0.0);

const Kinds<Optimizer>::Add<Adam> adam{
    "adam",
    "steps of a size that hardly depends on the gradient's: each weight has a scale of its own",
    {param("rate", &Adam::rate, Range{0, 10}, "step size"),
     param("beta1", &Adam::beta1, Range{0, below_one}, "decay of the gradients' mean"),
     param("beta2", &Adam::beta2, Range{0, below_one}, "decay of the gradients' mean square"),
     param("epsilon", &Adam::epsilon, Range{1e-30, 1}, "keeps the division finite")}};

const Kinds<Optimizer>::Add<Sgd> sgd{
    "sgd",
    "stochastic gradient descent",
    {param("rate", &Sgd::rate, Range{0, 100}, "step size"),
     param("momentum", &Sgd::momentum, Range{0, below_one}, "decay of the sum of gradients")}};

}  // namespace

double squared_norm(std::span<const float> values) {
    std::array<double, 4> sums{};  // a fixed order of additions that still fills vector lanes
    size_t i = 0;
    for (; i + sums.size() <= values.size(); i += sums.size())
        for (size_t lane = 0; lane < sums.size(); ++lane)
            sums[lane] += static_cast<double>(values[i + lane]) * values[i + lane];
    for (; i < values.size(); ++i) sums[0] += static_cast<double>(values[i]) * values[i];
    return sums[0] + sums[1] + sums[2] + sums[3];
}

double clip_scale(double norm, double limit) {
    return limit > 0 ? std::min(1.0, limit / (norm + 1e-6)) : 1.0;
}

}  // namespace models
