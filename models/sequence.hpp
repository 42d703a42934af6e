// Layers one after the other, itself a layer, so that networks and residual blocks are made alike.
#pragma once

#include "models/layer.hpp"

namespace models {

class Sequence : public Layer {
  public:
    explicit Sequence(Layers layers) : layers_(std::move(layers)) {}

    Dims dst_dims(const Dims& src) const override;
    /// Named by the layer's place: "0.weights".
    std::vector<Parameter> parameters(const Dims& src) const override;
    bool separable() const override;
    std::unique_ptr<BoundLayer> bind(const Layout& src, Mode mode) const override;

  private:
    Layers layers_;
};

}  // namespace models
