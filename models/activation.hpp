// Activations as a step that convolutions and dense layers take along.
#pragma once

#include "models/layers.hpp"
#include "models/onednn.hpp"

namespace models {

/// attributes() with the activation after the primitive's own result.
dnnl::primitive_attr attributes_then(Activation activation);

/// dst = activation(dst), for layers without attributes.
class ActivationInPlace {
  public:
    ActivationInPlace(Activation activation, const Layout& layout);
    void run(const Memory& dst) const;

  private:
    Activation activation_;
    Primitive primitive_;
};

/// diff_dst *= derivative of the activation, in place, from its result: all kinds can.
class ActivationGradient {
  public:
    ActivationGradient() = default;
    ActivationGradient(Activation activation, const Layout& layout);
    void run(const Memory& dst, const Memory& diff_dst) const;

  private:
    Activation activation_ = Activation::none;
    Primitive primitive_;
};

}  // namespace models
