// See short_digest.hpp.
#include "formats/short_digest.hpp"

#include "formats/digest.hpp"
#include "formats/error.hpp"

#include <algorithm>
#include <vector>

namespace formats {

ShortDigest short_digest(std::string_view hex) {
    ShortDigest digest{};
    from_hex(hex.substr(0, std::min(hex.size(), 2 * digest.size())), digest);
    return digest;
}

std::string hex(const ShortDigest& digest) { return to_hex(digest); }

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
