#include "tests/nodes/codec_node.hpp"

namespace {

const std::string options = "{rates: [0.5, 2]}";

TEST(Jpeg2000, MakesAStreamForEachSetting) {
    expect_a_stream_for_each({0.5, 2}, "jpeg2000_rate", code("jpeg2000", options, ramp(40, 30)));
}

TEST(Jpeg2000, HasOptions) {
    expect_other_bytes("jpeg2000", options, "{target: psnr, psnrs: [30]}");
    EXPECT_NE(error_of([] { Runner("jpeg2000", "{target: size}"); }), "");
}

TEST(Jpeg2000, TakesSixteenBits) {
    const auto coded = code("jpeg2000", options, sixteen_bit_ramp());
    ASSERT_EQ(coded.streams.size(), 2u);
    EXPECT_EQ(coded.decode(coded.streams[0].bytes).type, formats::SampleType::u16);
}

}  // namespace
