#include "nodes/checkpoint_model.hpp"
#include "tests/nodes/runner.hpp"

#include <numeric>

namespace {

using formats::Image;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::FloatNear;

Image resized(const std::string& params, const Image& image) {
    return Runner("resize", params).map<Image, Image>("image", image, "image");
}

TEST(Resize, ShrinksByArea) {
    const Image image = make_image(4, 2, {0, 0.2f, 0.4f, 0.4f, 0.2f, 0.4f, 0.4f, 1});
    const Image small = resized("{width: 2, height: 1}", image);
    EXPECT_THAT(small.samples, ElementsAre(FloatNear(0.2f, 1e-6f), FloatNear(0.55f, 1e-6f)));
    EXPECT_EQ(small.path, image.path);
    EXPECT_EQ(small.type, image.type);
}

TEST(Resize, ResizesEachChannel) {
    Image image = make_image(2, 2, {0, 0, 0, 0, 1, 1, 1, 1});
    image.channels = 2;
    EXPECT_THAT(resized("{width: 1, height: 1}", image).samples, ElementsAre(0, 1));
}

TEST(Resize, LeavesWhatHasTheSizeAsItIs) {
    Runner runner("resize", "{width: 4, height: 3}");
    const auto image = std::make_shared<const Image>(ramp(4, 3));
    runner.give("image", image).receive();
    EXPECT_EQ(runner.take<Image>("image").at(0), image);
}

TEST(Resize, EachMethodIsItsOwn) {
    const Image image = make_image(2, 2, {0, 1, 1, 0});
    const auto nearest = resized("{width: 4, height: 4, method: nearest}", image).samples;
    const auto linear = resized("{width: 4, height: 4, method: linear}", image).samples;
    const auto cubic = resized("{width: 4, height: 4, method: cubic}", image).samples;
    EXPECT_EQ(resized("{width: 4, height: 4}", image).samples, linear);
    EXPECT_NE(nearest, linear);
    EXPECT_NE(cubic, linear);
    EXPECT_THAT(cubic, Each(::testing::AllOf(::testing::Ge(0), ::testing::Le(1))));
    EXPECT_EQ(resized("{width: 5, height: 5}", ramp(10, 10)).samples,
              resized("{width: 5, height: 5, method: area}", ramp(10, 10)).samples);
}

TEST(Resize, CropsToTheShape) {
    const Image image = make_image(4, 2, {0, 0.5f, 0.5f, 1, 0, 0.5f, 0.5f, 1});
    EXPECT_THAT(resized("{width: 1, height: 1, aspect: crop}", image).samples, ElementsAre(0.5f));
    EXPECT_THAT(resized("{width: 2, height: 2, aspect: crop}", image).samples, Each(0.5f));
}

TEST(Resize, TakesTheSizeOfACheckpoint) {
    Scratch folder;
    nodes::write_snapshot(folder / "checkpoint.h5", *trained_snapshot(1));
    const std::string like = "{like: " + (folder / "checkpoint.h5").string() + "}";
    EXPECT_EQ(resized(like, ramp(40, 40)).width, 16);
    EXPECT_EQ(Runner("resize", like).shapes({{1, 40, 40}}).at(0), (graph::Shape{1, 16, 16}));
    EXPECT_THAT(error_of([] { Runner("resize", "{like: /nowhere.h5}"); }),
                ::testing::HasSubstr("/nowhere.h5"));
}

TEST(Resize, KnowsTheShape) {
    EXPECT_EQ(Runner("resize").shapes({{3, -1, -1}}).at(0), (graph::Shape{3, 128, 128}));
}

}  // namespace
