#include "tests/nodes/codec_node.hpp"

namespace {

const std::string options = "{qualities: [5, 90]}";

TEST(Webp, MakesAStreamForEachSetting) {
    expect_a_stream_for_each({5, 90}, "webp", code("webp", options, ramp(40, 30)));
}

TEST(Webp, HasOptions) {
    expect_other_bytes("webp", options,
                       "{noise_shaping: 50, filter_sharpness: 7, qualities: [90]}");
    EXPECT_NE(error_of([] { Runner("webp", "{qualities: [101]}"); }), "");
}

TEST(Webp, MakesNoStreamOfSixteenBits) {
    EXPECT_TRUE(code("webp", options, sixteen_bit_ramp()).streams.empty());
}

}  // namespace
