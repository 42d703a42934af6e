// Grey images of 8 or 16 bits as JPEG XL, with libjxl.
#pragma once

#include "formats/grey.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace formats {

/// The coarsest that libjxl 0.7 accepts.
inline constexpr double jpegxl_max_distance = 25;

struct JpegXlOptions {
    int effort = 7;       // 1 to 9
    double distance = 1;  // of Butteraugli, up to jpegxl_max_distance; 0: without loss
    /// Without libjxl's colour space for eyes: errors are spread as they are, in grey levels.
    bool original_profile = false;
    int edge_preserving_filter = -1;  // 0 to 3; -1: as the encoder chooses
    int gaborish = -1;                // 0 or 1; -1: as the encoder chooses
};

/// A bare codestream (.jxl), made by the calling thread alone. Throws FormatError.
std::vector<std::byte> encode_jpegxl(const Image& image, const JpegXlOptions& options = {});

/// Grey still images of 8 or 16 bits. Throws FormatError for what is damaged, cut short or too
/// large.
Image decode_jpegxl(std::span<const std::byte> bytes, uint64_t max_pixels = default_max_pixels);

}  // namespace formats
