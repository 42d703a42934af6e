#include "tests/nodes/runner.hpp"

namespace {

using formats::Image;
using ::testing::ElementsAre;
using ::testing::FloatNear;

std::vector<float> scaled(const std::string& params,
                          formats::SampleType type = formats::SampleType::u16) {
    Image image = make_image(3, 1, {0, 1000 / 65535.0F, 4000 / 65535.0F});
    image.type = type;
    return Runner("grey_scale", params).map<Image, Image>("image", image, "image").samples;
}

TEST(GreyScale, WhiteIsTwiceTheBrightest) {
    EXPECT_THAT(scaled("{}"), ElementsAre(0, FloatNear(0.125F, 1e-6F), FloatNear(0.5F, 1e-6F)));
}

TEST(GreyScale, TakesAWhiteAndSquareRoots) {
    EXPECT_THAT(scaled("{white: 16000}"),
                ElementsAre(0, FloatNear(1 / 16.0F, 1e-6F), FloatNear(0.25F, 1e-6F)));
    EXPECT_THAT(scaled("{white: 10}"),
                ElementsAre(0, FloatNear(0.25F, 1e-6F), FloatNear(1, 1e-6F)));
    EXPECT_THAT(scaled("{white: 16000, square_root: true}"),
                ElementsAre(0, FloatNear(0.25F, 1e-6F), FloatNear(0.5F, 1e-6F)));
}

TEST(GreyScale, LeavesOtherTypesAsTheyAre) {
    EXPECT_THAT(scaled("{}", formats::SampleType::u8),
                ElementsAre(0, 1000 / 65535.0F, 4000 / 65535.0F));
}

}  // namespace
