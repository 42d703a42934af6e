// The container of a coded frame: what it is, which model decodes it, and its tiles' payloads.
// formats/stream.md says what every byte means.
#pragma once

#include "formats/short_digest.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace formats {

struct StreamHeader {
    bool generative = false;  // its pixels may be made up
    int bit_depth = 8;        // 8 to 16
    int tile_size = 1024;     // in pixels: 64, 128, ..., 2097152
    int quality = 0;          // 0 to 255
    int scale = 0;            // the sample that is white, up to 65535; 0: the largest of the depth
    bool squares = false;     // samples go with the squares of what the model makes
    uint64_t width = 0, height = 0, channels = 1, pages = 1;
    ShortDigest model{}, pixels{};                    // see pixel_digest
    std::map<uint16_t, std::vector<std::byte>> tags;  // by TIFF's numbers

    uint64_t tile_columns() const { return (width - 1) / static_cast<uint64_t>(tile_size) + 1; }
    uint64_t tile_rows() const { return (height - 1) / static_cast<uint64_t>(tile_size) + 1; }
};

struct Tile {
    std::span<const std::byte> payload;  // of the bytes that were read; empty if it is damaged
    bool damaged = false;
};

struct Stream {
    StreamHeader header;
    std::vector<Tile> tiles;

    std::vector<size_t> damaged_tiles() const;  // their numbers
};

/// A payload for each tile, in their order. Throws FormatError if the header makes no sense.
std::vector<std::byte> write_stream(const StreamHeader& header,
                                    std::span<const std::vector<std::byte>> payloads);

struct StreamLimits {
    uint64_t samples = uint64_t{1} << 32;  // pages x channels x width x height
};

/// Tiles refer to `bytes`, which must outlive them; nothing that the header claims is allocated
/// before it is checked. Damaged tiles are marked; a damaged header is refused. Throws FormatError,
/// which begins with `place`.
Stream read_stream(std::span<const std::byte> bytes, const std::string& place,
                   const StreamLimits& limits = {});

}  // namespace formats
