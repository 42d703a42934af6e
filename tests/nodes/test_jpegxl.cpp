#include "tests/nodes/codec_node.hpp"

namespace {

const std::string options = "{effort: 3, distances: [1, 10]}";

TEST(JpegXl, MakesAStreamForEachSetting) {
    expect_a_stream_for_each({1, 10}, "jpegxl_e3", code("jpegxl", options, ramp(40, 30)));
}

TEST(JpegXl, HasOptions) {
    expect_other_bytes("jpegxl", options, "{effort: 3, original_profile: true, distances: [1]}");
    EXPECT_NE(error_of([] { Runner("jpegxl", "{distances: [26]}"); }), "");
}

TEST(JpegXl, TakesSixteenBits) {
    const auto coded = code("jpegxl", options, sixteen_bit_ramp());
    ASSERT_EQ(coded.streams.size(), 2u);
    EXPECT_EQ(coded.decode(coded.streams[0].bytes).type, formats::SampleType::u16);
}

}  // namespace
