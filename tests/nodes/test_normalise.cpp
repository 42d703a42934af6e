#include "tests/nodes/runner.hpp"

namespace {

using formats::Image;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::HasSubstr;

std::vector<float> normalised(const std::string& params, const Image& image) {
    return Runner("normalise", params).map<Image, Image>("image", image, "image").samples;
}

TEST(Normalise, Modes) {
    const Image image = make_image(3, 1, {-1, 0, 3});
    EXPECT_THAT(normalised("{mode: full_scale}", image), ElementsAre(-1, 0, 3));
    EXPECT_THAT(normalised("{mode: min_max}", image), ElementsAre(0, 0.25f, 1));
    EXPECT_THAT(normalised("{mode: range}", image), ElementsAre(0, 0, 1));
    EXPECT_THAT(normalised("{mode: range, low: -2, high: 4}", image),
                ElementsAre(FloatNear(1 / 6.0f, 1e-6f), FloatNear(2 / 6.0f, 1e-6f),
                            FloatNear(5 / 6.0f, 1e-6f)));
}

TEST(Normalise, Percentiles) {
    const Image image = ramp(100, 10);
    const auto usual = normalised("{}", image);
    EXPECT_EQ(usual.front(), 0);
    EXPECT_EQ(usual.back(), 1);
    const auto wide = normalised("{low_percentile: 10, high_percentile: 60}", image);
    EXPECT_EQ(std::count(wide.begin(), wide.end(), 0.0f), 101);
    EXPECT_NEAR(wide[350], 0.5, 0.01);
}

TEST(Normalise, AnEvenImageIsBlack) {
    EXPECT_THAT(normalised("{}", make_image(2, 2, {0.5f, 0.5f, 0.5f, 0.5f})), Each(0));
}

TEST(Normalise, NoRangeIsTooLargeOrTooSmall) {
    constexpr float most = std::numeric_limits<float>::max();
    constexpr float least = std::numeric_limits<float>::denorm_min();
    for (const std::string mode : {"min_max", "percentile"}) {
        const std::string with = "{mode: " + mode + ", low_percentile: 0, high_percentile: 100}";
        EXPECT_THAT(normalised(with, make_image(3, 1, {-most, 0, most})), ElementsAre(0, 0.5f, 1));
        EXPECT_THAT(normalised(with, make_image(3, 1, {0, least, 2 * least})),
                    ElementsAre(0, 0.5f, 1));
        EXPECT_THAT(normalised(with, make_image(1, 1, {most})), ElementsAre(0));
    }
    EXPECT_THAT(normalised("{mode: range, low: 1e300, high: 1e301}", make_image(1, 1, {most})),
                ElementsAre(0));
}

TEST(Normalise, SaysWhatIsTurnedAround) {
    EXPECT_THAT(error_of([] { Runner("normalise", "{low: 2}"); }), HasSubstr("'low' must be less"));
    EXPECT_THAT(error_of([] { Runner("normalise", "{low_percentile: 100}"); }),
                HasSubstr("'low_percentile' must be less"));
}

}  // namespace
