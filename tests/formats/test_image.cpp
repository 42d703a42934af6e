// Stored values survive the way to units of full scale and back, all of them.
#include "formats/error.hpp"
#include "formats/image.hpp"

#include <gtest/gtest.h>

namespace {

template <class T>
void all_come_back() {
    for (int i = std::numeric_limits<T>::min(); i <= std::numeric_limits<T>::max(); ++i)
        ASSERT_EQ(formats::to_stored<T>(formats::to_unit(static_cast<T>(i))), i);
}

TEST(Image, EveryStoredValueComesBack) {
    all_come_back<uint8_t>();
    all_come_back<uint16_t>();
    all_come_back<int16_t>();
    EXPECT_EQ(formats::to_unit(uint16_t{65535}), 1.0F);
    EXPECT_EQ(formats::to_unit(int16_t{32767}), 1.0F);
    EXPECT_EQ(formats::to_stored<float>(formats::to_unit(1e-30F)), 1e-30F);
}

TEST(Image, OutOfRangeIsClamped) {
    EXPECT_EQ(formats::to_stored<uint8_t>(1e30F), 255);
    EXPECT_EQ(formats::to_stored<uint16_t>(-0.1F), 0);
    EXPECT_EQ(formats::to_stored<int16_t>(-2.0F), -32768);
}

}  // namespace
