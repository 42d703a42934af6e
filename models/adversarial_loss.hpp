// The two sides of the game between a discriminator and a generator, as losses of the logits that
// the discriminator gives to real and to generated patches.
#pragma once

#include "graph/params.hpp"

#include <span>

namespace models {

/// Registered in graph::Kinds: classic, least_squares, wasserstein. Each loss is a sum over the
/// logits, as they come before any sigmoid; diff is set to the gradient of `scale` times that sum.
struct AdversarialLoss {
    virtual ~AdversarialLoss() = default;

    /// The discriminator's loss on logits of real or of generated images. Its loss on a step is
    /// the sum of both.
    virtual double discriminator(std::span<const float> logits, bool real, double scale,
                                 std::span<float> diff) const = 0;
    /// The generator's loss on logits of what it made.
    virtual double generator(std::span<const float> logits, double scale,
                             std::span<float> diff) const = 0;
    /// Called on the discriminator's parameters after each of its steps.
    virtual void constrain(std::span<float> /*values*/) const {}
};

}  // namespace models
