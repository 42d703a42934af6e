// Optimisers and rate schedules: how gradients change weights.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "graph/params.hpp"

namespace models {

/// Options of an optimiser; models/optimizer.cpp registers `adam` and `sgd` in graph::Kinds.
/// (To be completed by whoever writes the training step.)
struct Optimizer {
    virtual ~Optimizer() = default;
};

/// The factor on the rate over the epochs; registered: constant, step, exponential, cosine, warmup.
struct Schedule {
    virtual ~Schedule() = default;
    virtual double factor(double epoch) const = 0;
};

}  // namespace models
