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

TEST(Metrics, RefuseWhatCannotBeCompared) {
    const Tensor small({1, 1, 10, 40}), large({1, 1, 40, 40});
    EXPECT_THROW(ssim(small, small), ModelError);
    EXPECT_THROW(ms_ssim(small, small), ModelError);
    EXPECT_THROW(mse(small, large), ModelError);
    EXPECT_NO_THROW(mse(small, small));
}

}  // namespace
}  // namespace models
