#include "nodes/coded_image.hpp"
#include "tests/nodes/runner.hpp"

namespace {

TEST(Jpeg, MakesAStreamForEachSetting) {
    Runner runner("jpeg", "{qualities: [10, 90]}");
    const auto coded =
        runner.map<formats::Image, nodes::CodedImage>("image", ramp(40, 30), "coded");
    EXPECT_EQ(coded.codec, "jpeg");
    EXPECT_EQ(coded.original->path, "a.tif");
    ASSERT_EQ(coded.streams.size(), 2u);
    const std::vector<double> settings{10, 90};
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

TEST(Jpeg, HasOptions) {
    Runner plain("jpeg", "{qualities: [10, 90]}"),
        other("jpeg", "{steps: standard, progressive: false, qualities: [90]}");
    const auto first = plain.map<formats::Image, nodes::CodedImage>("image", ramp(40, 30), "coded");
    const auto second =
        other.map<formats::Image, nodes::CodedImage>("image", ramp(40, 30), "coded");
    EXPECT_NE(first.streams.back().bytes, second.streams.front().bytes);
    EXPECT_NE(error_of([] { Runner("jpeg", "{qualities: [0]}"); }), "");
}

TEST(Jpeg, MakesNoStreamOfSixteenBits) {
    Runner runner("jpeg", "{qualities: [10, 90]}");
    formats::Image image = ramp(40, 30);
    image.type = formats::SampleType::u16;
    const auto coded = runner.map<formats::Image, nodes::CodedImage>("image", image, "coded");
    EXPECT_TRUE(coded.streams.empty());
}

}  // namespace
