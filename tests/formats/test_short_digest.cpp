#include "formats/digest.hpp"
#include "formats/error.hpp"
#include "formats/short_digest.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace {

using namespace formats;

TEST(ShortDigest, IsTheBeginningOfADigest) {
    EXPECT_EQ(short_digest("00ff10a5deadbeef99"),
              (ShortDigest{std::byte{0}, std::byte{0xFF}, std::byte{0x10}, std::byte{0xA5},
                           std::byte{0xDE}, std::byte{0xAD}, std::byte{0xBE}, std::byte{0xEF}}));
    for (const char* wrong : {"", "00ff10a5deadbee", "00ff10a5deadbeeg", "0x00000000000000"})
        EXPECT_THROW(short_digest(wrong), FormatError) << wrong;
}

TEST(ShortDigest, OfPixelsIsThatOfTheirBytes) {
    std::vector<uint16_t> samples(150000);
    std::vector<std::byte> narrow, wide;
    for (size_t i = 0; i < samples.size(); ++i) {
        samples[i] = static_cast<uint16_t>(i % 251);
        narrow.push_back(static_cast<std::byte>(i % 251));
    }
    EXPECT_EQ(pixel_digest(samples, 8), short_digest(sha256(narrow)));
    for (uint16_t& sample : samples) {
        sample = static_cast<uint16_t>(sample * 259);
        wide.push_back(static_cast<std::byte>(sample & 255));
        wide.push_back(static_cast<std::byte>(sample >> 8));
    }
    EXPECT_EQ(pixel_digest(samples, 12), short_digest(sha256(wide)));
    EXPECT_EQ(pixel_digest({}, 8), short_digest(sha256({})));
}

}  // namespace
