// BD-rates: those of the package `bjontegaard` and of SciPy (make_bd_rate_fixtures.py).
#include "models/bd_rate.hpp"

#include <cmath>
#include <fstream>
#include <limits>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace models {
namespace {

std::vector<RatePoint> points_of(const nlohmann::json& curve) {
    std::vector<RatePoint> points;
    for (size_t i = 0; i < curve.at("rate").size(); ++i)
        points.push_back({curve.at("rate")[i], curve.at("psnr")[i]});
    return points;
}

TEST(BdRate, IsThatOfTheReference) {
    std::ifstream file(SOURCE_DIR "/tests/models/fixtures/bd_rate.json");
    const auto cases = nlohmann::json::parse(file).at("cases");
    ASSERT_EQ(cases.size(), 4u);
    for (const auto& each : cases) {
        const auto anchor = points_of(each.at("anchor")), codec = points_of(each.at("codec"));
        const auto part = bd_rate(anchor, codec);
        ASSERT_TRUE(part);
        EXPECT_NEAR(part->percent, each.at("percent").get<double>(), 1e-6);
        EXPECT_NEAR(part->coverage, each.at("coverage").get<double>(), 1e-9);
        const auto whole = bd_rate(anchor, codec, 1e-9, 1e9);
        ASSERT_TRUE(whole);
        // The package integrates numerically.
        EXPECT_NEAR(whole->percent, each.at("whole").get<double>(), 0.02);
    }
}

std::vector<RatePoint> doubling(double rate, double psnr, int points) {
    std::vector<RatePoint> list;
    for (int i = 0; i < points; ++i) list.push_back({rate * std::pow(2, i), psnr + 3 * i});
    return list;
}

TEST(BdRate, OfTheSameCurveAtTwiceTheRateIsAHundredPercent) {
    const auto anchor = doubling(0.02, 30, 6), codec = doubling(0.04, 30, 6);
    EXPECT_NEAR(bd_rate(anchor, anchor)->percent, 0, 1e-9);
    EXPECT_NEAR(bd_rate(anchor, anchor)->coverage, 1, 1e-9);
    EXPECT_NEAR(bd_rate(anchor, codec)->percent, 100, 1e-6);
    EXPECT_NEAR(bd_rate(codec, anchor)->percent, -50, 1e-6);
}

TEST(BdRate, NeedsCurvesThatMeet) {
    const auto anchor = doubling(0.02, 30, 6);
    EXPECT_FALSE(bd_rate(anchor, doubling(0.02, 60, 6)));
    EXPECT_FALSE(bd_rate(anchor, doubling(0.02, 30, 1)));
    EXPECT_FALSE(bd_rate({}, anchor));
    EXPECT_FALSE(bd_rate(doubling(2, 30, 3), anchor));  // no anchor between the rates
}

TEST(BdRate, LeavesOutWhatACheaperPointEquals) {
    constexpr double infinite = std::numeric_limits<double>::infinity();
    const auto best = best_points({{0.3, 33}, {0.1, 30}, {0.2, 29}, {0.25, 30}, {4, infinite}});
    ASSERT_EQ(best.size(), 2u);
    EXPECT_EQ(best[0].bits_per_pixel, 0.1);
    EXPECT_EQ(best[1].bits_per_pixel, 0.3);
}

TEST(BdRate, TellsThePsnrAtARate) {
    const auto curve = doubling(0.1, 30, 3);
    EXPECT_NEAR(*psnr_at(curve, 0.2), 33, 1e-12);
    EXPECT_NEAR(*psnr_at(curve, 0.1 * std::sqrt(2.0)), 31.5, 1e-9);
    EXPECT_FALSE(psnr_at(curve, 0.09));
    EXPECT_FALSE(psnr_at(curve, 0.41));
}

}  // namespace
}  // namespace models
