// Grey images of 8 bits as lossy WebP, with libwebp.
#pragma once

#include "formats/grey.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace formats {

struct WebpOptions {
    double quality = 75;       // 0 to 100
    int noise_shaping = 0;     // 0 to 100: moves errors to where eyes miss them; 0: least error
    int filter_strength = 60;  // of the deblocking filter, 0 to 100
    int filter_sharpness = 0;  // 0 (most) to 7 (least)
};

/// Slowest method. WebP keeps luminance in 220 steps, as video does: up to half a grey level is
/// lost at any quality. Throws FormatError; sides are at most 16383.
std::vector<std::byte> encode_webp(const Image& image, const WebpOptions& options = {});

/// What is in colour gives its green. Throws FormatError for what is damaged, cut short, animated,
/// transparent or too large.
Image decode_webp(std::span<const std::byte> bytes, uint64_t max_pixels = default_max_pixels);

}  // namespace formats
