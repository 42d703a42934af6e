// Pooled latents are what plain loops give, for any size of image.
#include "models/model.hpp"
#include "models/pooling.hpp"

#include <cmath>
#include <numeric>

#include <gmock/gmock.h>

namespace models {
namespace {

using testing::ElementsAre;

std::vector<float> latents(int64_t count) {
    std::vector<float> values(static_cast<size_t>(count));
    for (size_t i = 0; i < values.size(); ++i)
        values[i] = static_cast<float>(std::sin(0.7 * static_cast<double>(i * i))) + 0.1F;
    return values;
}

TEST(Pooling, TakesTheMeanOfEachChannel) {
    const std::vector<float> values{1, 2, 3, 6, -1, 0, 0, 5};
    const LatentPlane plane{2, 2, 2, values};
    EXPECT_THAT(pool_latents("mean", {{plane}}), ElementsAre(3, 1));
}

TEST(Pooling, TakesDeviationsAfterTheMeans) {
    const std::vector<float> values{1, 3, 1, 3, 7, 7, 7, 7};
    const LatentPlane plane{2, 1, 4, values};
    EXPECT_THAT(pool_latents("mean_deviation", {{plane}}), ElementsAre(2, 7, 1, 0));
}

TEST(Pooling, TakesTheMeansOfQuarters) {
    const std::vector<float> even{1, 1, 2, 2,  //
                                  3, 3, 4, 4};
    EXPECT_THAT(pool_latents("grid", {{{1, 2, 4, even}}}), ElementsAre(1, 2, 3, 4));
    const std::vector<float> odd{1, 2, 3,  //
                                 4, 5, 6,  //
                                 7, 8, 9};
    EXPECT_THAT(pool_latents("grid", {{{1, 3, 3, odd}}}), ElementsAre(3, 4, 6, 7));
    const std::vector<float> single{5};
    EXPECT_THAT(pool_latents("grid", {{{1, 1, 1, single}}}), ElementsAre(5, 5, 5, 5));
}

TEST(Pooling, EqualsPlainLoopsForEverySize) {
    for (const auto& [rows, columns] : {std::pair<int64_t, int64_t>{1, 1}, {7, 5}, {32, 33}}) {
        const int64_t channels = 6, places = rows * columns;
        const auto values = latents(channels * places);
        const LatentPlane plane{channels, rows, columns, values};
        const auto pooled = pool_latents("mean_deviation", {{plane}});
        ASSERT_EQ(pooled.size(), 12U);
        for (int64_t c = 0; c < channels; ++c) {
            double sum = 0, squares = 0;
            for (int64_t i = 0; i < places; ++i) {
                const double value = values[static_cast<size_t>(c * places + i)];
                sum += value;
                squares += value * value;
            }
            const double mean = sum / static_cast<double>(places);
            const double variance = squares / static_cast<double>(places) - mean * mean;
            EXPECT_NEAR(pooled[static_cast<size_t>(c)], mean, 1e-6);
            EXPECT_NEAR(pooled[static_cast<size_t>(channels + c)],
                        std::sqrt(std::max(variance, 0.0)), 1e-6);
        }
    }
}

TEST(Pooling, PutsPlanesOneAfterTheOther) {
    const auto first = latents(12), second = latents(8);
    const LatentPlane planes[] = {{2, 2, 3, first}, {2, 4, 1, second}};
    for (const Pooling& pooling : poolings()) {
        const auto both = pool_latents(pooling.name, planes);
        auto one = pool_latents(pooling.name, std::span(planes).first(1));
        const auto other = pool_latents(pooling.name, std::span(planes).last(1));
        EXPECT_EQ(one.size(), static_cast<size_t>(2 * pooling.values_per_channel));
        one.insert(one.end(), other.begin(), other.end());
        EXPECT_EQ(both, one) << pooling.name;
    }
}

TEST(Pooling, RefusesWhatItDoesNotKnow) {
    const auto values = latents(12);
    EXPECT_THROW(pool_latents("median", {{{2, 2, 3, values}}}), ModelError);
    EXPECT_THROW(pool_latents("mean", {{{2, 2, 2, values}}}), ModelError);
    EXPECT_THROW(pool_latents("mean", {{{0, 2, 3, {}}}}), ModelError);
}

}  // namespace
}  // namespace models
