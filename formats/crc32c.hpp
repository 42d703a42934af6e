// CRC-32C (Castagnoli), as iSCSI has it (RFC 3720, section 12.1 and appendix B.4): finds every
// burst of up to 32 damaged bits. Debian 12 has no library for it; streams are small.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace formats {

namespace detail {

inline constexpr std::array<uint32_t, 256> crc32c_table = [] {
    std::array<uint32_t, 256> table{};
    for (uint32_t i = 0; i < 256; ++i) {
        uint32_t crc = i;
        for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78U : 0);
        table[i] = crc;
    }
    return table;
}();

}  // namespace detail

constexpr uint32_t crc32c(std::span<const std::byte> bytes) {
    uint32_t crc = ~uint32_t{0};
    for (const std::byte byte : bytes)
        crc = crc >> 8 ^ detail::crc32c_table[(crc ^ std::to_integer<uint32_t>(byte)) & 0xFF];
    return ~crc;
}

}  // namespace formats
