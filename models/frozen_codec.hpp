// A trained codec in the form that streams are made with, for ever: a float analysis, which only
// encoders need, and whole numbers alone from payloads to samples.
#pragma once

#include "models/class_coder.hpp"
#include "models/integer_network.hpp"
#include "models/plane_analysis.hpp"

#include <memory>
#include <span>
#include <vector>

namespace models {

class FrozenCodec {
  public:
    /// Levels are qualities with so many steps in between: level 32 is quality 2.
    static constexpr int64_t steps_per_quality = 16;
    /// The samples that synthesis() gives: 0 is black and this is white.
    static constexpr int32_t white = 4080;

    struct Parts {
        std::shared_ptr<const PlaneAnalysis> encoder;
        int64_t levels = 0;
        std::vector<int32_t> steps;  // levels x channels: latents of the synthesis for a 1, x 4096
        std::shared_ptr<const IntegerNetwork> synthesis;
        std::shared_ptr<const ClassCoder> coder;
    };

    /// Throws ModelError if the parts do not fit together.
    explicit FrozenCodec(Parts parts);
    /// Takes what integers() gave.
    FrozenCodec(std::shared_ptr<const PlaneAnalysis> encoder,
                const std::vector<NamedIntegers>& integers);
    /// All that decoding depends on: "levels.steps", and the tensors of synthesis and coder.
    std::vector<NamedIntegers> integers() const;

    int64_t levels() const { return parts_.levels; }
    /// Of each channel: latents of the synthesis for a 1, times 4096.
    std::span<const int32_t> steps(int64_t level) const;
    double quality(int64_t level) const {
        return static_cast<double>(level) / double{steps_per_quality};
    }
    int64_t stride() const { return parts_.synthesis->scale(); }  // pixels to a latent
    int64_t channels() const { return parts_.coder->channels(); }
    const IntegerNetwork& synthesis() const { return *parts_.synthesis; }

    const PlaneAnalysis& analysis() const { return *parts_.encoder; }
    /// What is coded of rows y .. y + rows and columns x .. x + columns, rounded (rounded_latent).
    TileLatents quantise(const AnalysedPlane& plane, int64_t level, const Window& window) const;

    std::vector<std::byte> encode(const TileLatents& tile, int64_t level) const;
    double bits(const TileLatents& tile, int64_t level) const;
    /// Throws ModelError if the payload cannot be right.
    TileLatents decode(std::span<const std::byte> payload, int64_t rows, int64_t columns,
                       int64_t level) const;

    /// Latents as synthesis() takes them, put where `window` says into those of `held`, channels x
    /// held.rows x held.columns.
    void dequantise(const TileLatents& tile, int64_t level, const Window& window,
                    const Window& held, std::span<int32_t> latents) const;

  private:
    int64_t rate(int64_t level) const {
        return (level + steps_per_quality / 2) / steps_per_quality;
    }
    void check_level(int64_t level) const;

    Parts parts_;
    std::vector<std::vector<float>> gains_;  // of each level
};

}  // namespace models
