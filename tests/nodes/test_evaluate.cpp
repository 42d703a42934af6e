#include "models/metrics.hpp"
#include "nodes/checkpoint_model.hpp"
#include "tests/nodes/runner.hpp"

namespace {

using graph::Purpose;
using nodes::Metrics;

void link_model(graph::Setup& setup) { setup.linked["model"] = true; }

Metrics evaluate(const std::string& params) {
    Runner runner("evaluate", params, link_model);
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

TEST(Evaluate, ScoresACheckpointAtEachQualityAndAnySize) {
    Scratch folder;
    nodes::Snapshot snapshot;
    snapshot.name = "codec";
    snapshot.architecture = "{type: hyperprior, width: 8, latent_channels: 8}";
    snapshot.image = {1, 64, 64};
    const auto architecture = nodes::parse_architecture(snapshot.architecture, "test");
    snapshot.state = architecture->build(snapshot.image, 1, {})->state();
    nodes::write_snapshot(folder / "c.h5", snapshot);
    const std::string checkpoint = "{checkpoint: " + (folder / "c.h5").string();

    Runner runner("evaluate", checkpoint + ", metrics: [mse], qualities: [1, 6.5]}");
    runner.in_pass(0, Purpose::train, "all").give("images", blocks(2, 128, 1)).receive().end();
    const auto rows = *runner.take<Metrics>("metrics").at(0);
    ASSERT_EQ(rows.size(), 4u);
    EXPECT_EQ(rows[0].model, "codec@1");
    EXPECT_EQ(rows[2].model, "codec@6.5");
    EXPECT_EQ(rows[1].metric, "bits_per_pixel");
    EXPECT_GT(rows[3].value, rows[1].value);
    EXPECT_THAT(error_of([&] {
                    Runner(std::string("evaluate"), checkpoint + ", qualities: [8]}")
                        .give("images", blocks(1, 64, 1))
                        .receive();
                }),
                ::testing::HasSubstr("there is no quality 8: they are 0 to 7"));
    EXPECT_THAT(error_of([] { Runner("evaluate"); }),
                ::testing::HasSubstr("link 'model' or give 'checkpoint'"));
}

TEST(Evaluate, SaysNothingOfAnEmptyPass) {
    Runner runner("evaluate", "{}", link_model);
    runner.in_pass(0, Purpose::evaluate, "test").end();
    EXPECT_TRUE(runner.sent.empty());
}

}  // namespace
