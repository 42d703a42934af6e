#include "formats/crc32c.hpp"

#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace {

uint32_t crc(const std::string& text) { return formats::crc32c(std::as_bytes(std::span(text))); }

TEST(Crc32c, GivesTheValuesOfRfc3720) {
    EXPECT_EQ(crc(""), 0U);
    EXPECT_EQ(crc("123456789"), 0xE3069283U);
    EXPECT_EQ(crc(std::string(32, '\0')), 0x8A9136AAU);
    EXPECT_EQ(crc(std::string(32, '\xFF')), 0x62A8AB43U);
    std::string rising(32, '\0');
    std::iota(rising.begin(), rising.end(), '\0');
    EXPECT_EQ(crc(rising), 0x46DD794EU);
    EXPECT_EQ(crc({rising.rbegin(), rising.rend()}), 0x113FDB5CU);
}

}  // namespace
