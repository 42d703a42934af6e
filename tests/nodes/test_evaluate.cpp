#include "models/metrics.hpp"
#include "tests/nodes/runner.hpp"

namespace {

using graph::Purpose;
using nodes::Metrics;

Metrics evaluate(const std::string& params) {
    Runner runner("evaluate", params);
    runner.in_pass(4, Purpose::evaluate, "test");
    runner.give("model", trained_snapshot());
    for (uint64_t i = 0; i < 2; ++i) runner.give("images", blocks(i + 1, 16, i)).receive();
    runner.end();
    EXPECT_EQ(runner.sent.at(0).epoch, 4);
    return *runner.take<Metrics>("metrics").at(0);
}

TEST(Evaluate, GivesMeansOverTheImages) {
    const auto rows = evaluate("{}");
    ASSERT_EQ(rows.size(), 4u);
    const auto snapshot = trained_snapshot();
    double sum = 0;
    for (uint64_t i = 0; i < 2; ++i) {
        const auto images = blocks(i + 1, 16, i).images;
        for (const double mse :
             models::mse(images, snapshot->model->decode(snapshot->model->encode(images))))
            sum += mse;
    }
    EXPECT_EQ(rows[0].metric, "mse");
    EXPECT_EQ(rows[0].value, sum / 3);
    EXPECT_EQ(rows[0].epoch, 5);
    EXPECT_EQ(rows[0].model, "convolutional");
    EXPECT_EQ(rows[0].split, "test");
    EXPECT_EQ(rows[3].metric, "bits_per_pixel");
    EXPECT_EQ(rows[3].value, 32.0 * 4 * 4 * 2 / (16 * 16));
}

TEST(Evaluate, ReportsWhatIsAskedFor) {
    const auto rows = evaluate("{metrics: [ms_ssim]}");
    ASSERT_EQ(rows.size(), 2u);
    EXPECT_EQ(rows[0].metric, "ms_ssim");
    EXPECT_THAT(error_of([] { Runner("evaluate", "{metrics: [mes]}"); }),
                ::testing::HasSubstr("did you mean 'mse'?"));
}

TEST(Evaluate, SaysNothingOfAnEmptyPass) {
    Runner runner("evaluate");
    runner.in_pass(0, Purpose::evaluate, "test").end();
    EXPECT_TRUE(runner.sent.empty());
}

}  // namespace
