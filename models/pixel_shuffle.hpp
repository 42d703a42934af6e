// Channels to pixels: what a network does that works at a part of the size and ends at the whole.
#pragma once

#include "models/layers.hpp"

namespace models {

/// Each pixel of factor^2 * C channels becomes factor x factor pixels of C channels. The first C
/// channels are the upper left pixels, the next C those to their right: unlike
/// torch.pixel_shuffle, so that whole blocks of channels move.
LayerPointer pixel_shuffle(int64_t factor);

}  // namespace models
