// The quantiser: the nearest centre forward, the soft assignment's gradient backward.
#include "models/model.hpp"
#include "models/network.hpp"
#include "models/quantiser.hpp"
#include "tests/models/fixture.hpp"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>

namespace models {
namespace {

using testing::ElementsAre;
using testing::FloatNear;
using testing::Pointwise;

TEST(Quantiser, GivesValuesAndGradientsOfPyTorch) {
    const Fixture fixture("quantiser");
    const auto temperature = static_cast<float>(fixture.number("temperature"));
    Network network("net", {3, 4, 4}, {quantiser({5, temperature, true})});
    const auto spaced = spaced_centres(5);
    const auto shifts = network.change();
    ASSERT_EQ(shifts.size(), 5U);
    for (size_t j = 0; j < 5; ++j) shifts[j] = fixture["centres"].values[j] - spaced[j];
    EXPECT_THAT(present_centres(5, shifts), Pointwise(FloatNear(1e-6F), fixture["centres"].values));

    Pass pass(network, 2, Mode::training);
    const auto& src = fixture["src"].values;
    EXPECT_THAT(pass.forward(src.data()), Pointwise(FloatNear(1e-6F), fixture["dst"].values));
    std::vector<float> diff_src(src.size()), gradients(5);
    pass.backward(fixture["diff_dst"].values.data(), diff_src.data(), {gradients.data()});
    EXPECT_THAT(diff_src, Pointwise(FloatNear(1e-5F), fixture["diff_src"].values));
    EXPECT_THAT(gradients, Pointwise(FloatNear(1e-4F), fixture["diff_centres"].values));
}

TEST(Quantiser, SpacesFixedCentresAboutZero) {
    EXPECT_THAT(spaced_centres(5), ElementsAre(-2, -1, 0, 1, 2));
    EXPECT_THAT(spaced_centres(2), ElementsAre(-0.5F, 0.5F));
    const Network network("net", {1, 1, 6}, {quantiser({})});
    EXPECT_TRUE(network.parameters().empty());
    Tensor src({1, 1, 1, 6});
    src.values = {-9, -1.4F, -0.4F, 0.6F, 1.6F, 1e30F};
    EXPECT_THAT(network.run(src).values, ElementsAre(-2, -1, 0, 1, 2, 2));
    EXPECT_THROW(quantiser({.centres = 1}), ModelError);
}

TEST(Quantiser, DoesNotHideWhatIsNoNumber) {
    const Network network("net", {1, 1, 1}, {quantiser({})});
    Tensor src({1, 1, 1, 1});
    src.values[0] = std::numeric_limits<float>::quiet_NaN();
    EXPECT_TRUE(std::isnan(network.run(src).values[0]));
}

TEST(Quantiser, StaysFiniteFarFromAllCentres) {
    const Network network("net", {1, 1, 2}, {quantiser({.temperature = 1000})});
    Pass pass(network, 1, Mode::training);
    const std::vector<float> src{-1e30F, 40}, diff_dst{1, 1};
    std::vector<float> diff_src(2);
    pass.forward(src.data());
    pass.backward(diff_dst.data(), diff_src.data(), {});
    EXPECT_THAT(diff_src, ElementsAre(0, 0));
}

}  // namespace
}  // namespace models
