// The structural loss: that its value is the metric's, which is checked against a reference, and
// its gradient the derivative of the value.
#include "models/initialisation.hpp"
#include "models/metrics.hpp"
#include "models/model.hpp"
#include "models/structural_loss.hpp"
#include "tests/models/fixture.hpp"

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>

namespace models {
namespace {

struct Pair {
    Tensor made, wanted;
};

/// Waves, and the same darker and with noise.
Pair waves(int64_t planes, int64_t height, int64_t width, double noise = 0.05) {
    Generator random(static_cast<uint64_t>(height * width));
    Pair pair{Tensor({planes, 1, height, width}), Tensor({planes, 1, height, width})};
    for (size_t i = 0; i < pair.made.values.size(); ++i) {
        const auto x = static_cast<double>(i % static_cast<size_t>(width));
        const auto y = static_cast<double>(i / static_cast<size_t>(width));
        const double wanted = 0.5 + 0.4 * std::sin(0.2 * x) * std::cos(0.13 * y);
        pair.wanted.values[i] = static_cast<float>(wanted);
        pair.made.values[i] = static_cast<float>(0.9 * wanted + 0.02 + noise * random.normal());
    }
    return pair;
}

struct Outcome {
    double error;
    std::vector<float> diff;
};

Outcome outcome(const Pair& pair, double scale = 1) {
    std::vector<float> diff(pair.made.values.size(), 7.F);
    const Dims& dims = pair.made.dims;
    const double error =
        structural_error(pair.made.values, pair.wanted.values, dims[2], dims[3], scale, diff);
    return {error, diff};
}

double metric(const Pair& pair) {
    double sum = 0;
    for (const double value : ms_ssim(pair.made, pair.wanted)) sum += 1 - value;
    return sum;
}

TEST(StructuralLoss, IsWhatTheMetricLacksOfOne) {
    using Size = std::pair<int64_t, int64_t>;
    for (const auto& [height, width] :
         {Size{256, 256}, Size{64, 64}, Size{37, 50}, Size{11, 11}, Size{23, 90}, Size{177, 181}})
        for (const double noise : {0.3, 0.05, 0.001}) {
            const Pair pair = waves(2, height, width, noise);
            const double expected = metric(pair);
            EXPECT_NEAR(outcome(pair).error, expected, 1e-4 * expected)
                << height << " x " << width << ", noise " << noise;
        }
}

TEST(StructuralLoss, IsThatOfTheReference) {
    for (const std::string size : {"24", "64", "128", "176"}) {
        const Fixture fixture("metrics_" + size);
        const double expected = 1 - fixture.number("ms_ssim");
        EXPECT_NEAR(outcome({fixture["first"], fixture["second"]}).error, expected, 1e-5 * expected)
            << size;
    }
}

TEST(StructuralLoss, IsNothingBetweenEqualImages) {
    Pair pair = waves(1, 64, 64);
    pair.made = pair.wanted;
    const auto [error, diff] = outcome(pair);
    EXPECT_NEAR(error, 0, 1e-12);
    EXPECT_THAT(diff, testing::Each(testing::FloatNear(0, 1e-9F)));
}

/// The change of the metric, in double precision, when a pixel moves.
double slope(Pair pair, size_t at) {
    const float before = pair.made.values[at];
    const float ahead = before + 0.002F, behind = before - 0.002F;
    pair.made.values[at] = ahead;
    const double error = metric(pair);
    pair.made.values[at] = behind;
    return (error - metric(pair)) / (double{ahead} - behind);
}

TEST(StructuralLoss, HasTheGradientOfTheMetric) {
    using Size = std::pair<int64_t, int64_t>;
    for (const auto& [height, width] : {Size{96, 64}, Size{37, 50}, Size{11, 12}}) {
        const Pair pair = waves(2, height, width);
        const auto diff = outcome(pair).diff;
        const double largest = std::abs(
            *std::ranges::max_element(diff, {}, [](float value) { return std::abs(value); }));
        const auto size = diff.size();
        const auto row = static_cast<size_t>(width);
        for (const size_t at : {size_t{0}, size_t{1}, row - 1, 5 * row + 7, size / 2 - 1, size / 2,
                                size / 2 + 6 * row + 6, 7 * size / 10, size - row - 2, size - 1})
            EXPECT_NEAR(diff[at], slope(pair, at), 1e-3 * std::abs(diff[at]) + 1e-4 * largest)
                << height << " x " << width << " at " << at;
    }
}

TEST(StructuralLoss, HasTheGradientBeyondTheRangeOfImages) {
    Pair pair = waves(1, 64, 64);
    for (float& value : pair.made.values) value = 2 * value - 0.6F;
    const auto diff = outcome(pair).diff;
    for (const size_t at : {70U, 1000U, 2222U, 4000U})
        EXPECT_NEAR(diff[at], slope(pair, at), 2e-3 * std::abs(diff[at]) + 1e-6) << at;
}

TEST(StructuralLoss, TreatsPlanesByThemselvesAndScalesTheGradient) {
    const Pair pair = waves(3, 37, 50);
    const auto [error, diff] = outcome(pair, 4);
    const size_t size = 37 * 50;
    double sum = 0;
    for (size_t plane = 0; plane < 3; ++plane) {
        Pair alone{Tensor({1, 1, 37, 50}), Tensor({1, 1, 37, 50})};
        std::copy_n(pair.made.values.begin() + plane * size, size, alone.made.values.begin());
        std::copy_n(pair.wanted.values.begin() + plane * size, size, alone.wanted.values.begin());
        const auto [one, diff_one] = outcome(alone);
        sum += one;
        for (size_t i = 0; i < size; ++i) ASSERT_EQ(diff[plane * size + i], 4 * diff_one[i]);
    }
    EXPECT_DOUBLE_EQ(error, sum);
}

TEST(StructuralLoss, LeadsAwayFromNegatives) {
    Pair pair = waves(1, 64, 64);
    for (float& value : pair.made.values) value = 1 - value;
    ASSERT_EQ(metric(pair), 1);
    const auto [start, diff_start] = outcome(pair);
    EXPECT_LT(start, 1);
    for (const size_t at : {70U, 1000U, 2222U, 4000U}) {
        Pair moved = pair;
        moved.made.values[at] += 0.01F;
        const double ahead = outcome(moved).error;
        moved.made.values[at] -= 0.02F;
        EXPECT_NEAR(diff_start[at], (ahead - outcome(moved).error) / 0.02,
                    0.01 * std::abs(diff_start[at]) + 1e-7)
            << at;
    }
    double error = start;
    for (int step = 0; step < 100; ++step) {
        const auto [now, diff] = outcome(pair);
        error = now;
        double norm = 0;
        for (const float value : diff) norm += double{value} * value;
        const auto rate = static_cast<float>(1 / std::sqrt(norm));
        for (size_t i = 0; i < diff.size(); ++i) pair.made.values[i] -= rate * diff[i];
    }
    EXPECT_LT(error, 0.2);
}

TEST(StructuralLoss, RefusesPlanesSmallerThanAWindow) {
    EXPECT_THROW(outcome(waves(1, 10, 40)), ModelError);
    EXPECT_THROW(outcome(waves(1, 40, 10)), ModelError);
}

}  // namespace
}  // namespace models
