// Optimisers and rate schedules: how gradients change weights. An update acts on any slice of the
// weights, so that tiles are updated in parallel, or as soon as their gradient is computed.
#pragma once

#include "graph/params.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace models {

/// Equally long pieces of weights, their gradients, and the optimiser's memory of them.
struct Slice {
    std::span<float> weights;
    std::span<const float> gradients;
    std::array<std::span<float>, 2> moments;  // the first Optimizer::moments() of them are used
};

/// What all slices of one training step share.
struct Step {
    int64_t number = 1;         // the first step is 1: bias correction divides by 1 - beta^number
    double rate_factor = 1;     // from the schedule
    double gradient_scale = 1;  // from clip_scale()
};

/// Options of an optimiser; models/optimizer.cpp registers `adam` and `sgd` in graph::Kinds.
struct Optimizer {
    virtual ~Optimizer() = default;
    /// Floats kept per weight, all zero before the first step.
    virtual int moments() const = 0;
    /// Changes weights and moments. Every element is treated alike: how the weights are cut into
    /// slices does not change a bit of the result.
    virtual void update(const Slice& slice, const Step& step) const = 0;
};

/// The sum of squares, the same for every thread count: what the gradient's norm is made of.
double squared_norm(std::span<const float> values);

/// What to scale gradients of that norm by, so that it is at most `limit`; 1 if limit is 0. As
/// torch.nn.utils.clip_grad_norm_.
double clip_scale(double norm, double limit);

/// The factor on the rate over the epochs; registered: constant, step, exponential, cosine, warmup.
struct Schedule {
    virtual ~Schedule() = default;
    virtual double factor(double epoch) const = 0;
};

}  // namespace models
