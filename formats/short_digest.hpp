// The first 8 bytes of a SHA-256: enough to notice another model or other pixels, and short enough
// for a header.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace formats {

using ShortDigest = std::array<std::byte, 8>;

/// Of a digest in hexadecimal, as formats/digest.hpp gives it. Throws FormatError.
ShortDigest short_digest(std::string_view hex);

/// 16 lower-case digits.
std::string hex(const ShortDigest& digest);

/// Of decoded samples, plane by plane and row by row: each 1 byte for a bit depth of 8, else 2, the
/// lower first. So it is the same on every machine.
ShortDigest pixel_digest(std::span<const uint16_t> samples, int bit_depth);

}  // namespace formats
