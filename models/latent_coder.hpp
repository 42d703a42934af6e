// Bytes for the latents of models that were trained without regard to them: each value becomes a
// whole number, coded under its channel's table, which was fitted on the latents of training
// images.
#pragma once

#include "models/entropy_table.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace models {

class LatentCoder {
  public:
    /// Fits tables on latents of training images. Values that are centres become their index.
    /// Others are rounded to multiples of a step, which is `step` times the channel's standard
    /// deviation, because a network may scale its channels as it likes: 1/8 adds noise of 1/768 of
    /// each channel's variance, some hundredth of the error that such a model makes anyway.
    /// Throws ModelError if there are no latents, or one is not finite.
    static LatentCoder fit(const Latents& latents, double step);

    /// Takes what tensors() gave; throws ModelError if that is damaged.
    explicit LatentCoder(const std::vector<NamedTensor>& tensors);
    std::vector<NamedTensor> tensors() const;

    /// C, H, W of the latent of one image.
    const Dims& dims() const { return dims_; }

    /// A payload for each image. Throws ModelError if the latents are of other dims or centres, or
    /// far beyond those of training.
    std::vector<std::vector<std::byte>> encode(const Latents& latents) const;
    /// The latents as they were rounded, the same on every machine. Throws ModelError if a payload
    /// is damaged.
    Latents decode(std::span<const std::vector<std::byte>> payloads) const;

  private:
    LatentCoder() = default;
    int32_t symbol_of(float value, size_t channel) const;
    float value_of(int32_t symbol, size_t channel) const;
    void check(const Latents& latents) const;

    Dims dims_;
    std::vector<float> centres_;  // empty: values are multiples of a step
    std::vector<float> steps_;    // of each channel
    std::vector<EntropyTable> tables_;
};

}  // namespace models
