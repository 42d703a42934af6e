#include "nodes/coded_image.hpp"
#include "tests/nodes/runner.hpp"

namespace {

TEST(JpegXl, MakesAStreamForEachSetting) {
    Runner runner("jpegxl", "{effort: 3, distances: [1, 10]}");
    const auto coded =
        runner.map<formats::Image, nodes::CodedImage>("image", ramp(40, 30), "coded");
    EXPECT_EQ(coded.codec, "jpegxl_e3");
    EXPECT_EQ(coded.original->path, "a.tif");
    ASSERT_EQ(coded.streams.size(), 2u);
    const std::vector<double> settings{1, 10};
    for (size_t i = 0; i < 2; ++i) {
        EXPECT_EQ(coded.streams[i].setting, settings[i]);
        EXPECT_GT(coded.streams[i].encode_seconds, 0);
        const formats::Image back = coded.decode(coded.streams[i].bytes);
        EXPECT_EQ(back.width, 40);
        EXPECT_EQ(back.height, 30);
        for (size_t k = 0; k < back.samples.size(); ++k)
            ASSERT_NEAR(back.samples[k], coded.original->samples[k], 0.25);
    }
    EXPECT_NE(coded.streams[0].bytes.size(), coded.streams[1].bytes.size());
}

TEST(JpegXl, HasOptions) {
    Runner plain("jpegxl", "{effort: 3, distances: [1, 10]}"),
        other("jpegxl", "{effort: 3, original_profile: true, distances: [1]}");
    const auto first = plain.map<formats::Image, nodes::CodedImage>("image", ramp(40, 30), "coded");
    const auto second =
        other.map<formats::Image, nodes::CodedImage>("image", ramp(40, 30), "coded");
    EXPECT_NE(first.streams.back().bytes, second.streams.front().bytes);
    EXPECT_NE(error_of([] { Runner("jpegxl", "{distances: [26]}"); }), "");
}

TEST(JpegXl, TakesSixteenBits) {
    Runner runner("jpegxl", "{effort: 3, distances: [1, 10]}");
    formats::Image image = ramp(40, 30);
    image.type = formats::SampleType::u16;
    const auto coded = runner.map<formats::Image, nodes::CodedImage>("image", image, "coded");
    ASSERT_EQ(coded.streams.size(), 2u);
    EXPECT_EQ(coded.decode(coded.streams[0].bytes).type, formats::SampleType::u16);
}

}  // namespace
