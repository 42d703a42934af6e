#include "tests/nodes/runner.hpp"

#include <set>

namespace {

using formats::Image;
using Samples = std::vector<float>;
using ::testing::UnorderedElementsAre;

/// All that becomes of an image in many messages.
std::set<Samples> variants(const std::string& params, const Image& image) {
    Runner runner("augment", params);
    std::set<Samples> found;
    for (int i = 0; i < 200; ++i)
        found.insert(runner.map<Image, Image>("image", image, "image").samples);
    return found;
}

const Image square = make_image(2, 2, {0, 0.1f, 0.2f, 0.3f});

TEST(Augment, Flips) {
    const Samples same{0, 0.1f, 0.2f, 0.3f}, across{0.1f, 0, 0.3f, 0.2f}, down{0.2f, 0.3f, 0, 0.1f},
        both{0.3f, 0.2f, 0.1f, 0};
    EXPECT_THAT(variants("{flip: none}", square), UnorderedElementsAre(same));
    EXPECT_THAT(variants("{flip: horizontal}", square), UnorderedElementsAre(same, across));
    EXPECT_THAT(variants("{flip: vertical}", square), UnorderedElementsAre(same, down));
    EXPECT_THAT(variants("{}", square), UnorderedElementsAre(same, across, down, both));
}

TEST(Augment, TurnsByRightAngles) {
    EXPECT_EQ(variants("{flip: none, rotate: right_angles}", square).size(), 4u);
    EXPECT_EQ(variants("{flip: both, rotate: right_angles}", square).size(), 8u);
    EXPECT_EQ(variants("{flip: none, rotate: right_angles}", ramp(3, 2)).size(), 2u);
}

TEST(Augment, ShiftsAndMirrorsTheEdge) {
    const Image row = make_image(4, 1, {0, 0.1f, 0.2f, 0.3f});
    EXPECT_THAT(variants("{flip: none, shift: 1}", row),
                UnorderedElementsAre(Samples{0, 0.1f, 0.2f, 0.3f}, Samples{0.1f, 0, 0.1f, 0.2f},
                                     Samples{0.1f, 0.2f, 0.3f, 0.2f}));
}

TEST(Augment, Brightens) {
    const Image grey = make_image(1, 1, {0.8f});
    const auto found = variants("{flip: none, brightness: 0.5}", grey);
    EXPECT_GT(found.size(), 100u);
    EXPECT_GE((*found.begin())[0], 0.4f);
    EXPECT_EQ((*found.rbegin())[0], 1.0f);  // not beyond white
}

TEST(Augment, ChangesTheContrastWithoutSaturating) {
    const auto found = variants("{flip: none, contrast: 4}", make_image(2, 1, {0.1F, 0.5F}));
    EXPECT_GT(found.size(), 100U);
    EXPECT_LT((*found.begin())[1], 0.15F);
    EXPECT_GT((*found.rbegin())[1], 0.95F);
    for (const Samples& samples : found) {
        EXPECT_LE(samples[1], 1.0F);
        EXPECT_NEAR(samples[1] / samples[0], 5, 1e-4);
    }
}

TEST(Augment, LeavesEvaluationAlone) {
    EXPECT_TRUE(graph::registry().at("augment").only_train);
    EXPECT_EQ(Runner("augment").shapes({{1, 2, 3}}).at(0), (graph::Shape{1, 2, 3}));
}

}  // namespace
