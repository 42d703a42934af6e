// What a network takes, told from its layers before it is made.
#pragma once

#include "models/layer.hpp"
#include "models/model.hpp"

namespace models {

/// Of these layers for images of C, H, W. Throws ModelError if they do not fit, or if they make
/// images of anything but `made`, where that is given.
Footprint footprint(const Layers& layers, const Dims& src, const Dims& made = {});

}  // namespace models
