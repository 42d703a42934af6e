// Grey images of 8 bits as JPEG, with libjpeg-turbo: the codec that every other one is compared
// with.
#pragma once

#include "formats/grey.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace formats {

struct JpegOptions {
    int quality = 75;         // 1 to 100, the scale of libjpeg
    bool progressive = true;  // smaller than sequential by a few percent
    /// Steps of the same size at all frequencies give the least squared error; those of the
    /// standard's annex K are made for eyes.
    bool flat_steps = true;
};

/// Optimal Huffman tables, no JFIF header; below quality 25 steps may take 16 bits. Throws
/// FormatError.
std::vector<std::byte> encode_jpeg(const Image& image, const JpegOptions& options = {});

/// Throws FormatError for what is damaged, cut short, not grey, or too large.
Image decode_jpeg(std::span<const std::byte> bytes, uint64_t max_pixels = default_max_pixels);

}  // namespace formats
