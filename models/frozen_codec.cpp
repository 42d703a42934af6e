// See frozen_codec.hpp.
#include "models/frozen_codec.hpp"

#include "models/integer_tensors.hpp"
#include "models/latent_rounding.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

namespace models {
namespace {

constexpr int step_bits = 12;

FrozenCodec::Parts parts_of(std::shared_ptr<const PlaneAnalysis> encoder,
                            const std::vector<NamedIntegers>& integers) {
    FrozenCodec::Parts parts;
    parts.encoder = std::move(encoder);
    const NamedIntegers& steps = find_integers(integers, "levels.steps", 2);
    parts.levels = steps.dims[0];
    parts.steps = steps.values;
    parts.synthesis = std::make_shared<const IntegerNetwork>(integers);
    parts.coder = std::make_shared<const ClassCoder>(integers);
    return parts;
}

}  // namespace

FrozenCodec::FrozenCodec(std::shared_ptr<const PlaneAnalysis> encoder,
                         const std::vector<NamedIntegers>& integers)
    : FrozenCodec(parts_of(std::move(encoder), integers)) {}

FrozenCodec::FrozenCodec(Parts parts) : parts_(std::move(parts)) {
    const auto& p = parts_;
    const int64_t channels = p.coder->channels();
    const bool fits = p.levels >= 1 && p.levels <= 256 &&
                      static_cast<int64_t>(p.steps.size()) == p.levels * channels &&
                      rate(p.levels - 1) == p.coder->rates() - 1 &&
                      p.synthesis->layers().front().inputs == channels &&
                      p.synthesis->channels() == 1 &&
                      p.synthesis->layers().back().largest == white &&
                      p.encoder->model().networks().analysis.dst_dims()[0] == channels &&
                      p.encoder->model().stride() == p.synthesis->scale();
    if (!fits || std::ranges::any_of(p.steps, [](int32_t step) { return step < 0; }))
        throw ModelError("the parts of the frozen codec do not fit together");
    for (int64_t level = 0; level < p.levels; ++level)
        gains_.push_back(p.encoder->model().gains(quality(level)));
}

std::vector<NamedIntegers> FrozenCodec::integers() const {
    std::vector<NamedIntegers> all{{"levels.steps", {parts_.levels, channels()}, parts_.steps}};
    std::ranges::move(parts_.synthesis->tensors(), std::back_inserter(all));
    std::ranges::move(parts_.coder->tensors(), std::back_inserter(all));
    return all;
}

std::span<const int32_t> FrozenCodec::steps(int64_t level) const {
    check_level(level);
    const auto size = static_cast<size_t>(channels());
    return std::span(parts_.steps).subspan(static_cast<size_t>(level) * size, size);
}

void FrozenCodec::check_level(int64_t level) const {
    if (level < 0 || level >= parts_.levels)
        throw ModelError(
            fmt::format("level {} of {}: another model made this stream", level, parts_.levels));
}

TileLatents FrozenCodec::quantise(const AnalysedPlane& plane, int64_t level,
                                  const Window& window) const {
    check_level(level);
    TileLatents tile{window.rows, window.columns, {}};
    tile.values.reserve(static_cast<size_t>(channels() * tile.places()));
    for (int64_t c = 0; c < channels(); ++c) {
        const float gain = gains_[static_cast<size_t>(level)][static_cast<size_t>(c)];
        for (int64_t y = window.y; y < window.end_y(); ++y) {
            const float* row =
                &plane.values[static_cast<size_t>((c * plane.rows + y) * plane.columns + window.x)];
            for (int64_t x = 0; x < window.columns; ++x)
                tile.values.push_back(rounded_latent(gain * row[x]));
        }
    }
    return tile;
}

std::vector<std::byte> FrozenCodec::encode(const TileLatents& tile, int64_t level) const {
    check_level(level);
    return parts_.coder->encode(tile, rate(level));
}

double FrozenCodec::bits(const TileLatents& tile, int64_t level) const {
    check_level(level);
    return parts_.coder->bits(tile, rate(level));
}

TileLatents FrozenCodec::decode(std::span<const std::byte> payload, int64_t rows, int64_t columns,
                                int64_t level) const {
    check_level(level);
    return parts_.coder->decode(payload, rows, columns, rate(level));
}

void FrozenCodec::dequantise(const TileLatents& tile, int64_t level, const Window& window,
                             const Window& held, std::span<int32_t> latents) const {
    check_level(level);
    const int64_t largest = parts_.synthesis->largest_latent();
    const Window part = intersect(window, held);
    for (int64_t c = 0; c < channels(); ++c) {
        const int64_t step = parts_.steps[static_cast<size_t>(level * channels() + c)];
        for (int64_t y = part.y; y < part.end_y(); ++y) {
            const int32_t* from = &tile.values[static_cast<size_t>(
                (c * tile.rows + y - window.y) * tile.columns + part.x - window.x)];
            int32_t* to = &latents[static_cast<size_t>((c * held.rows + y - held.y) * held.columns +
                                                       part.x - held.x)];
            for (int64_t x = 0; x < part.columns; ++x)
                to[x] = static_cast<int32_t>(std::clamp(
                    (from[x] * step + (1 << (step_bits - 1))) >> step_bits, -largest, largest));
        }
    }
}

}  // namespace models
