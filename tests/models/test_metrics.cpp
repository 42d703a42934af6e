// Metrics: the values of an independent implementation, window by window in NumPy.
#include "models/metrics.hpp"
#include "models/model.hpp"
#include "tests/models/fixture.hpp"

#include <cmath>

#include <gmock/gmock.h>

namespace models {
namespace {

TEST(Metrics, AreThoseOfTheReference) {
    for (const std::string size : {"24", "64", "128", "176"}) {
        const Fixture fixture("metrics_" + size);
        for (const Metric& metric : metrics()) {
            const auto values = metric.of(fixture["first"], fixture["second"]);
            ASSERT_EQ(values.size(), 1U);
            const double expected = fixture.number(metric.name);
            EXPECT_NEAR(values[0], expected, 1e-5 * std::abs(expected))
                << metric.name << " at " << size;
        }
    }
}

TEST(Metrics, GiveOneValuePerImageTheMeanOfItsChannels) {
    const Fixture fixture("metrics_24");
    Tensor images({2, 2, 24, 24}), others({2, 2, 24, 24});
    const size_t size = 24 * 24;
    for (size_t plane = 0; plane < 4; ++plane) {
        const auto& other = fixture[plane == 3 ? "second" : "first"].values;
        std::copy_n(fixture["first"].values.begin(), size, images.values.begin() + plane * size);
        std::copy_n(other.begin(), size, others.values.begin() + plane * size);
    }
    EXPECT_THAT(mse(images, others),
                testing::ElementsAre(0, testing::DoubleNear(fixture.number("mse") / 2, 1e-9)));
    EXPECT_THAT(ssim(images, others),
                testing::ElementsAre(testing::DoubleNear(1, 1e-12),
                                     testing::DoubleNear((1 + fixture.number("ssim")) / 2, 1e-6)));
    EXPECT_TRUE(std::isinf(psnr(images, others)[0]));
    EXPECT_NEAR(ms_ssim(images, others)[0], 1, 1e-12);
}

/// All values of a 16 x 16 image.
Tensor even(float value) {
    Tensor image({1, 1, 16, 16});
    std::ranges::fill(image.values, value);
    return image;
}

TEST(Metrics, OfEvenImagesAreThoseOfTheirDefinition) {
    constexpr float denormal = 1e-40F;
    for (const float value : {0.0F, denormal, 0.5F, 1.0F}) {
        EXPECT_EQ(mse(even(value), even(value))[0], 0);
        EXPECT_EQ(psnr(even(value), even(value))[0], std::numeric_limits<double>::infinity());
        EXPECT_NEAR(ssim(even(value), even(value))[0], 1, 1e-9);
        EXPECT_NEAR(ms_ssim(even(value), even(value))[0], 1, 1e-9);
    }
    EXPECT_EQ(psnr(even(0), even(1))[0], 0);
    EXPECT_NEAR(ssim(even(0), even(1))[0], 1e-4 / (1 + 1e-4), 1e-9);  // K1^2, no variance
    EXPECT_NEAR(ssim(even(0.25F), even(0.5F))[0], (0.25 + 1e-4) / (0.3125 + 1e-4), 1e-6);
    EXPECT_GT(psnr(even(0), even(denormal))[0], 700);  // not infinite: they differ
}

TEST(Metrics, RefuseWhatCannotBeCompared) {
    const Tensor small({1, 1, 10, 40}), large({1, 1, 40, 40});
    EXPECT_THROW(ssim(small, small), ModelError);
    EXPECT_THROW(ms_ssim(small, small), ModelError);
    EXPECT_THROW(mse(small, large), ModelError);
    EXPECT_NO_THROW(mse(small, small));
}

}  // namespace
}  // namespace models
