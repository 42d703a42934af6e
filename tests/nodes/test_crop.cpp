#include "tests/nodes/runner.hpp"

namespace {

using formats::Image;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::shared_ptr<const Image>> cropped(const std::string& params, const Image& image,
                                                  int pass = 0) {
    Runner runner("crop", params);
    for (int i = 0; i < pass; ++i) runner.in_pass(i, graph::Purpose::train, "train");
    runner.give("image", image).receive();
    return runner.take<Image>("image");
}

TEST(Crop, GridCoversTheImage) {
    const Image image = make_image(5, 2, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
    const auto parts = cropped("{mode: grid, width: 2, height: 2}", image);
    ASSERT_EQ(parts.size(), 3u);
    EXPECT_THAT(parts[0]->samples, ElementsAre(0, 1, 5, 6));
    EXPECT_THAT(parts[1]->samples, ElementsAre(2, 3, 7, 8));
    EXPECT_THAT(parts[2]->samples, ElementsAre(3, 4, 8, 9));  // moved back to the edge
    EXPECT_EQ(cropped("{mode: grid, width: 2, height: 2, stride: 1}", image).size(), 4u);
    EXPECT_EQ(cropped("{mode: grid, width: 2, height: 1}", image).size(), 6u);
}

TEST(Crop, RandomWindowsAreOfTheImage) {
    const Image image = ramp(20, 10);
    const auto parts = cropped("{width: 4, height: 3, count: 50}", image);
    ASSERT_EQ(parts.size(), 50u);
    std::set<float> corners;
    for (const auto& part : parts) {
        corners.insert(part->samples[0]);
        EXPECT_NEAR(part->samples[5] - part->samples[0], 21.0 / 200, 1e-6);
    }
    EXPECT_GT(corners.size(), 20u);
    EXPECT_EQ(cropped("{width: 4, height: 3}", image)[0]->samples, parts[0]->samples);
    EXPECT_NE(cropped("{width: 4, height: 3}", image, 1)[0]->samples, parts[0]->samples);
}

TEST(Crop, SaysWhatDoesNotFit) {
    EXPECT_THAT(error_of([] { cropped("{}", ramp(20, 10)); }),
                HasSubstr("the image is 20x10, smaller than the window of 128x128"));
    EXPECT_THAT(error_of([] { Runner("crop").shapes({{1, 64, 64}}); }), HasSubstr("does not fit"));
    EXPECT_EQ(Runner("crop").shapes({{1, -1, -1}}).at(0), (graph::Shape{1, 128, 128}));
}

}  // namespace
