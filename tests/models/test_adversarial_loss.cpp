// The losses of discriminator and generator: values and gradients of PyTorch.
#include "models/adversarial_loss.hpp"
#include "tests/models/fixture.hpp"
#include "tests/models/options.hpp"

#include <gmock/gmock.h>

namespace models {
namespace {

using testing::FloatNear;
using testing::Pointwise;

class AdversarialLosses : public testing::TestWithParam<std::string> {};

TEST_P(AdversarialLosses, AreThoseOfPyTorch) {
    const Fixture fixture("adversarial_" + GetParam());
    const auto loss = selected<AdversarialLoss>(GetParam()).object();
    const auto& real = fixture["real"].values;
    const auto& fake = fixture["fake"].values;
    const double scale = 1 / static_cast<double>(real.size());
    std::vector<float> diff(real.size());

    double sum = loss->discriminator(real, true, scale, diff);
    EXPECT_THAT(diff, Pointwise(FloatNear(1e-6F), fixture["diff_real"].values));
    sum += loss->discriminator(fake, false, scale, diff);
    EXPECT_THAT(diff, Pointwise(FloatNear(1e-6F), fixture["diff_fake"].values));
    EXPECT_NEAR(scale * sum, fixture["discriminator"].values[0], 1e-5);

    EXPECT_NEAR(scale * loss->generator(fake, scale, diff), fixture["generator"].values[0], 1e-5);
    EXPECT_THAT(diff, Pointwise(FloatNear(1e-6F), fixture["diff_generator"].values));
}

INSTANTIATE_TEST_SUITE_P(All, AdversarialLosses,
                         testing::Values("classic", "least_squares", "wasserstein"),
                         [](const auto& info) { return info.param; });

TEST(AdversarialLoss, StaysFiniteForLargeLogits) {
    const auto loss = selected<AdversarialLoss>("classic").object();
    const std::vector<float> logits{-1e4F, 1e4F};
    std::vector<float> diff(2);
    EXPECT_NEAR(loss->generator(logits, 1, diff), 1e4, 1);
    EXPECT_THAT(diff, testing::ElementsAre(-1, 0));
}

TEST(AdversarialLoss, OnlyWassersteinLimitsTheCritic) {
    std::vector<float> values{-3, 0.01F, 3};
    selected<AdversarialLoss>("least_squares").object()->constrain(values);
    EXPECT_THAT(values, testing::ElementsAre(-3, 0.01F, 3));
    selected<AdversarialLoss>("wasserstein", {{"clip", "0.1"}}).object()->constrain(values);
    EXPECT_THAT(values, testing::ElementsAre(-0.1F, 0.01F, 0.1F));
}

}  // namespace
}  // namespace models
