// Pixels to channels: what a network does first that is to work at half the size.
#pragma once

#include "models/layers.hpp"

namespace models {

/// Each 2x2 pixels become one pixel of four times the channels, as torch.pixel_unshuffle does.
/// Twice makes 16 channels of one, which fill vector lanes: oneDNN has only slow reference code for
/// the gradients of a strided convolution of one channel.
LayerPointer pixel_unshuffle();

}  // namespace models
