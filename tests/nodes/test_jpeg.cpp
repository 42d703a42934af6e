#include "tests/nodes/codec_node.hpp"

namespace {

const std::string options = "{qualities: [10, 90]}";

TEST(Jpeg, MakesAStreamForEachSetting) {
    expect_a_stream_for_each({10, 90}, "jpeg", code("jpeg", options, ramp(40, 30)));
}

TEST(Jpeg, HasOptions) {
    expect_other_bytes("jpeg", options, "{steps: standard, progressive: false, qualities: [90]}");
    EXPECT_NE(error_of([] { Runner("jpeg", "{qualities: [0]}"); }), "");
}

TEST(Jpeg, MakesNoStreamOfSixteenBits) {
    EXPECT_TRUE(code("jpeg", options, sixteen_bit_ramp()).streams.empty());
}

}  // namespace
