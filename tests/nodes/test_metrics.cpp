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

TEST(Metrics, RefuseWhatIsNoImage) {
    for (const float bad :
         {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), 1e30f}) {
        Runner runner("metrics", "{}");
        runner.in_pass(0, graph::Purpose::train, "all");
        Batch other = blocks(2, 16, 1);
        other.images.values[300] = bad;
        runner.give("original", blocks(2, 16, 1)).give("reconstruction", other);
        if (bad == 1e30f) {  // a large error is an error still
            runner.receive().end();
            const Metrics rows = *runner.take<Metrics>("metrics").at(0);
            for (const auto& row : rows) EXPECT_FALSE(std::isnan(row.value)) << row.metric;
            continue;
        }
        EXPECT_THAT(error_of([&] { runner.receive(); }),
                    ::testing::HasSubstr("what the model made of an image is no image"));
    }
}

TEST(Metrics, EqualImagesHaveAnInfinitePsnr) {
    Runner runner("metrics", "{metrics: [mse, psnr, ssim, ms_ssim]}");
    runner.in_pass(0, graph::Purpose::train, "all");
    runner.give("original", blocks(2, 16, 1)).give("reconstruction", blocks(2, 16, 1));
    runner.receive().end();
    const auto rows = *runner.take<Metrics>("metrics").at(0);
    EXPECT_EQ(rows.at(0).value, 0);
    EXPECT_EQ(rows.at(1).value, std::numeric_limits<double>::infinity());
    EXPECT_NEAR(rows.at(2).value, 1, 1e-12);
    EXPECT_NEAR(rows.at(3).value, 1, 1e-12);
}

TEST(Metrics, EveryParameterChangesSomething) {
    EXPECT_EQ(compare("{name: mine}")[0].model, "mine");
    EXPECT_EQ(compare("{metrics: [ssim]}")[0].metric, "ssim");
}

}  // namespace
