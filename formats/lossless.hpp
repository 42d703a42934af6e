// Frames without loss, for what falls short of a promise: each plane a JPEG XL codestream, which
// any JPEG XL decoder reads, page by page and in it channel by channel.
#pragma once

#include "formats/frame.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace formats {

struct LosslessFrame {
    std::vector<std::byte> bytes;  // of all planes
    std::vector<uint64_t> parts;   // the length of each; empty if there is one only
};

/// `effort`: 1 (fast) to 9. Throws FormatError unless its samples are 8 or 16 bits without sign.
LosslessFrame encode_lossless(const Frame& frame, int effort);

/// What the planes must be; the rest of a frame (tags, paths) is the caller's. Throws FormatError,
/// beginning with `place`, if they are of another size or type, or damaged.
Frame decode_lossless(std::span<const std::byte> bytes, std::span<const uint64_t> parts,
                      const Image& like, uint64_t pages, const std::string& place);

}  // namespace formats
