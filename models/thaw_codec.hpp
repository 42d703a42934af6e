// From a frozen codec back to one that can be trained further, such as on images of one's own.
#pragma once

#include "models/frozen_codec.hpp"

#include <memory>

namespace models {

/// The trained analysis, and a synthesis that gives what the whole numbers give. Weights come out
/// at the scale that training starts with, which ReLU leaves open. The hyperprior, which a frozen
/// codec lacks, is untrained.
std::unique_ptr<HyperpriorModel> thaw_codec(const FrozenCodec& codec);

}  // namespace models
