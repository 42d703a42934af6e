// What makes images smaller without weights: pixels to channels, and means of 2 x 2 pixels.
#include "models/halve.hpp"
#include "models/model.hpp"
#include "models/pixel_unshuffle.hpp"
#include "tests/models/fixture.hpp"
#include "tests/models/gradient_check.hpp"

#include <gmock/gmock.h>

namespace models {
namespace {

using testing::ElementsAreArray;
using testing::FloatNear;
using testing::Pointwise;

TEST(PixelUnshuffle, MovesPixelsAsPyTorchDoes) {
    const Fixture fixture("pixel_unshuffle");
    const Network network("net", {3, 4, 6}, {pixel_unshuffle()});
    EXPECT_THAT(network.dst_dims(), testing::ElementsAre(12, 2, 3));
    Pass pass(network, 2, Mode::training);
    EXPECT_THAT(pass.forward(fixture["src"].values.data()),
                ElementsAreArray(fixture["dst"].values));
    std::vector<float> diff_src(fixture["src"].values.size());
    pass.backward(fixture["diff_dst"].values.data(), diff_src.data(), {});
    EXPECT_THAT(diff_src, ElementsAreArray(fixture["diff_src"].values));
    EXPECT_THROW(Network("net", {1, 4, 5}, {pixel_unshuffle()}), ModelError);
}

TEST(Halve, TakesMeansAsPyTorchDoes) {
    const Fixture fixture("average_pool");
    const PlaneDims planes{6, 8, 6};
    std::vector<float> half(fixture["dst"].values.size());
    halve(fixture["src"].values, planes, half);
    EXPECT_THAT(half, Pointwise(FloatNear(1e-6F), fixture["dst"].values));
    std::vector<float> diff_src(fixture["src"].values.size(), 1.0F);  // added to
    halve_backward(fixture["diff_dst"].values, planes, diff_src);
    for (float& value : diff_src) value -= 1;
    EXPECT_THAT(diff_src, Pointwise(FloatNear(1e-6F), fixture["diff_src"].values));
}

TEST(Halve, LeavesOutAnOddRowAndColumn) {
    const std::vector<float> src{1, 3, 9, 5, 7, 9, 9, 9, 9};
    std::vector<float> half(1);
    halve(src, {1, 3, 3}, half);
    EXPECT_EQ(half[0], 4);
}

}  // namespace
}  // namespace models
