// The latents that a stream codes, as plain numbers: for archives that keep them, and for search.
#pragma once

#include "formats/archive_entry.hpp"
#include "formats/stream.hpp"
#include "nodes/codec.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace nodes {

struct FrameLatents {
    formats::StreamHeader header;
    int64_t planes = 0, channels = 0, rows = 0, columns = 0;
    std::vector<int32_t> values;  // planes x channels x rows x columns
};

/// Throws FormatError, beginning with `place`, if a tile is damaged.
FrameLatents frame_latents(const Codec& codec, const formats::Stream& stream,
                           const std::string& place);

/// As archives keep them: zlib of the values as int16, little-endian. Sets what the entry says of
/// them. Throws FormatError, beginning with the entry's path, if one does not fit.
std::vector<std::byte> pack_latents(const FrameLatents& latents, formats::ArchiveEntry& entry);

/// The stream that they came from, byte for byte but for its tiles' size. Throws FormatError,
/// beginning with `place`.
std::vector<std::byte> stream_of_latents(const Codec& codec, const formats::ArchiveEntry& entry,
                                         std::span<const std::byte> packed,
                                         const std::string& place);

}  // namespace nodes
