// See short_digest.hpp.
#include "formats/short_digest.hpp"

#include "formats/digest.hpp"
#include "formats/error.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

#include <fmt/format.h>

namespace formats {

ShortDigest short_digest(std::string_view hex) {
    ShortDigest digest{};
    for (size_t i = 0; i < digest.size(); ++i) {
        const std::string_view pair = hex.substr(std::min(2 * i, hex.size()), 2);
        const char* const end = pair.data() + pair.size();
        unsigned value = 0;
        if (pair.size() != 2 || std::from_chars(pair.data(), end, value, 16).ptr != end)
            throw FormatError("'" + std::string(hex) + "' is no SHA-256");
        digest[i] = static_cast<std::byte>(value);
    }
    return digest;
}

std::string hex(const ShortDigest& digest) {
    std::string text;
    for (const std::byte byte : digest)
        text += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
    return text;
}

ShortDigest pixel_digest(std::span<const uint16_t> samples, int bit_depth) {
    constexpr size_t piece = size_t{1} << 16;
    Sha256 digest;
    std::vector<std::byte> bytes;
    while (!samples.empty()) {
        bytes.clear();
        for (const uint16_t sample : samples.first(std::min(piece, samples.size()))) {
            bytes.push_back(static_cast<std::byte>(sample & 0xFF));
            if (bit_depth > 8) bytes.push_back(static_cast<std::byte>(sample >> 8));
        }
        digest.update(bytes);
        samples = samples.subspan(std::min(piece, samples.size()));
    }
    return short_digest(digest.hex());
}

}  // namespace formats
