// What frames to streams and back share: how a stream's tiles lie on the grid of latents, and what
// the synthesis makes as samples.
#pragma once

#include "formats/error.hpp"
#include "formats/stream.hpp"
#include "models/frozen_codec.hpp"

#include <span>
#include <string>

#include <fmt/format.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

namespace nodes {

/// The sample that white stands for.
inline uint32_t top_of(const formats::StreamHeader& header) {
    if (header.scale > 0) return static_cast<uint32_t>(header.scale);
    return (uint32_t{1} << header.bit_depth) - 1;
}

/// What the synthesis made as samples that are stored: 0 to `top`, rounded to nearest.
inline void to_stored(const formats::StreamHeader& header, std::span<uint16_t> samples) {
    const uint32_t top = top_of(header);
    constexpr uint64_t white = models::FrozenCodec::white;
    constexpr uint64_t square = white * white;
    for (uint16_t& sample : samples) {
        const uint32_t made = sample;
        sample = static_cast<uint16_t>(header.squares
                                           ? (uint64_t{made} * made * top + square / 2) / square
                                           : (uint64_t{made} * top + white / 2) / white);
    }
}

template <class Body>
void for_each(size_t count, Body body) {
    tbb::this_task_arena::isolate([&] { tbb::parallel_for(size_t{0}, count, body); });
}

/// Where a stream's tiles lie on the grid of latents of each plane.
class TileGrid {
  public:
    TileGrid(const formats::StreamHeader& header, int64_t stride)
        : stride_(stride),
          size_(header.tile_size / stride),
          rows_(places(header.height)),
          columns_(places(header.width)),
          across_(static_cast<int64_t>(header.tile_columns())),
          down_(static_cast<int64_t>(header.tile_rows())) {}

    models::Window all() const { return {0, 0, rows_, columns_}; }
    size_t tiles() const { return static_cast<size_t>(across_ * down_); }
    models::Window tile(size_t i) const {
        const int64_t y = static_cast<int64_t>(i) / across_, x = static_cast<int64_t>(i) % across_;
        return models::intersect({y * size_, x * size_, size_, size_}, all());
    }

  private:
    int64_t places(uint64_t pixels) const {
        return (static_cast<int64_t>(pixels) + stride_ - 1) / stride_;
    }

    int64_t stride_, size_, rows_, columns_, across_, down_;
};

/// Throws FormatError, beginning with `place`.
inline void check_tile_size(const models::FrozenCodec& codec, int tile_size,
                            const std::string& place) {
    if (tile_size % codec.stride() != 0)
        throw formats::FormatError(
            fmt::format("{}: tiles of {} pixels, but the model's latents stand for "
                        "{} x {}",
                        place, tile_size, codec.stride(), codec.stride()));
}

}  // namespace nodes
