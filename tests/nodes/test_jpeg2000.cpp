#include "nodes/coded_image.hpp"
#include "tests/nodes/runner.hpp"

namespace {

TEST(Jpeg2000, MakesAStreamForEachSetting) {
    Runner runner("jpeg2000", "{rates: [0.5, 2]}");
    const auto coded =
        runner.map<formats::Image, nodes::CodedImage>("image", ramp(40, 30), "coded");
    EXPECT_EQ(coded.codec, "jpeg2000_rate");
    EXPECT_EQ(coded.original->path, "a.tif");
    ASSERT_EQ(coded.streams.size(), 2u);
    const std::vector<double> settings{0.5, 2};
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

TEST(Jpeg2000, HasOptions) {
    Runner plain("jpeg2000", "{rates: [0.5, 2]}"), other("jpeg2000", "{target: psnr, psnrs: [30]}");
    const auto first = plain.map<formats::Image, nodes::CodedImage>("image", ramp(40, 30), "coded");
    const auto second =
        other.map<formats::Image, nodes::CodedImage>("image", ramp(40, 30), "coded");
    EXPECT_NE(first.streams.back().bytes, second.streams.front().bytes);
    EXPECT_NE(error_of([] { Runner("jpeg2000", "{target: size}"); }), "");
}

TEST(Jpeg2000, TakesSixteenBits) {
    Runner runner("jpeg2000", "{rates: [0.5, 2]}");
    formats::Image image = ramp(40, 30);
    image.type = formats::SampleType::u16;
    const auto coded = runner.map<formats::Image, nodes::CodedImage>("image", image, "coded");
    ASSERT_EQ(coded.streams.size(), 2u);
    EXPECT_EQ(coded.decode(coded.streams[0].bytes).type, formats::SampleType::u16);
}

}  // namespace
