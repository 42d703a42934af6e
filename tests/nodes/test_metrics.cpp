#include "tests/nodes/runner.hpp"

namespace {

using nodes::Batch;
using nodes::Metrics;

Metrics compare(const std::string& params) {
    Runner runner("metrics", params);
    runner.in_pass(0, graph::Purpose::train, "all");
    Batch other = blocks(2, 16, 1);
    for (float& value : other.images.values) value += 0.5f;
    runner.give("original", blocks(2, 16, 1)).give("reconstruction", other).receive().end();
    return *runner.take<Metrics>("metrics").at(0);
}

TEST(Metrics, ScoresOneStreamAgainstAnother) {
    const auto rows = compare("{}");
    ASSERT_EQ(rows.size(), 3u);
    EXPECT_NEAR(rows[0].value, 0.25, 1e-6);
    EXPECT_NEAR(rows[1].value, 6.0206, 1e-4);
    EXPECT_EQ(rows[0].model, "metrics");
    EXPECT_EQ(rows[0].split, "all");
    EXPECT_EQ(rows[0].epoch, 1);
}

TEST(Metrics, EveryParameterChangesSomething) {
    EXPECT_EQ(compare("{name: mine}")[0].model, "mine");
    EXPECT_EQ(compare("{metrics: [ssim]}")[0].metric, "ssim");
}

}  // namespace
