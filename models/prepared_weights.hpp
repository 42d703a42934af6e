// Weights and their gradients on the way between the plain layout, in which a network keeps them,
// and the one that a primitive likes best.
#pragma once

#include "models/layer.hpp"
#include "models/onednn.hpp"

namespace models {

/// What convolutions and dense layers declare; `weights` are the dims of the weights.
std::vector<Parameter> weights_and_bias(const Dims& weights, bool bias);

class PreparedWeights {
  public:
    PreparedWeights() = default;
    PreparedWeights(const Layout& kept, const Layout& wanted);

    /// Copies them only if the layouts differ.
    void load(const float* values);
    const Memory& memory() const { return memory_; }
    int64_t size() const { return count(kept_.get_dims()); }

  private:
    Layout kept_;
    Layout wanted_;
    Memory memory_;
    Reorder reorder_;
};

class GradientOfWeights {
  public:
    GradientOfWeights() = default;
    GradientOfWeights(const Layout& made, const Layout& kept);

    const Memory& memory() const { return memory_; }
    void store(float* values) const;

  private:
    Layout kept_;
    Memory memory_;
    Reorder reorder_;
};

}  // namespace models
