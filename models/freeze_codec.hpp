// From a trained codec to whole numbers: its synthesis, the steps of each quality, and the tables
// of its latents, which take the place of the hyperprior.
#pragma once

#include "models/fit_classes.hpp"
#include "models/freeze.hpp"
#include "models/frozen_codec.hpp"

#include <memory>
#include <optional>
#include <span>

namespace models {

struct FreezeCodecOptions {
    FreezeOptions synthesis;
    FitClassesOptions tables;
    int64_t calibration_images = 24;  // for the ranges of activations, spread over all
};

/// images: of training, 1 x H x W of any size, in [0, 1]. Ranges and tables are of these at all
/// qualities. Throws ModelError if the synthesis is not one that integers can repeat.
std::shared_ptr<const FrozenCodec> freeze_codec(const std::shared_ptr<const HyperpriorModel>& model,
                                                std::span<const Tensor> images,
                                                const FreezeCodecOptions& options);

/// What whole numbers cost: how much more of the rate, in percent, the frozen codec takes than the
/// trained one for the same error, all else being equal (BD-rate over all qualities, mean of the
/// images). Nothing if the curves do not meet.
std::optional<double> freezing_loss(const FrozenCodec& codec, std::span<const Tensor> images);

}  // namespace models
