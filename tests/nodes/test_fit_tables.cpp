#include "tests/nodes/coded.hpp"

namespace {

using graph::Purpose;
using nodes::Tables;

TEST(FitTables, FitsOnTheFirstBatchesOfAnEpoch) {
    Runner runner("fit_tables", "{batches: 2}");
    for (int epoch = 0; epoch < 2; ++epoch) {
        runner.in_pass(epoch, Purpose::evaluate, "train");
        const auto first = some_latents(8, 10 * static_cast<uint64_t>(epoch) + 1);
        auto all = first;
        runner.give("latents", first).receive();
        EXPECT_TRUE(runner.sent.empty());
        const auto second = some_latents(4, 2);
        runner.give("latents", second).receive();
        EXPECT_EQ(runner.sent.at(0).epoch, epoch);
        runner.give("latents", some_latents(8, 3)).receive();
        runner.end();
        runner.in_pass(epoch, Purpose::evaluate, "test");
        runner.give("latents", some_latents(8, 4)).receive();
        runner.end();
        const auto sent = runner.take<Tables>("tables");
        ASSERT_EQ(sent.size(), 1U);
        EXPECT_EQ(sent[0]->model, "m");

        auto& values = all.latents.values;
        values.values.insert(values.values.end(), second.latents.values.values.begin(),
                             second.latents.values.values.end());
        values.dims[0] = 12;
        EXPECT_EQ(sent[0]->coder.encode(first.latents),
                  models::LatentCoder::fit(all.latents, 0.125).encode(first.latents));
    }
}

TEST(FitTables, MakesDoWithFewer) {
    Runner runner("fit_tables");
    runner.in_pass(3, Purpose::train, "all");
    runner.give("latents", some_latents(8, 1)).receive();
    EXPECT_TRUE(runner.sent.empty());
    runner.end();
    EXPECT_EQ(runner.sent.at(0).epoch, 3);
    EXPECT_EQ(runner.take<Tables>("tables").size(), 1U);
}

TEST(FitTables, SaysWhetherTheModelMakesUpDetail) {
    for (const bool generative : {false, true}) {
        Runner runner("fit_tables", "{batches: 1}");
        auto latents = some_latents(8, 1);
        latents.generative = generative;
        runner.give("latents", latents).receive();
        EXPECT_EQ(runner.take<Tables>("tables").at(0)->generative, generative);
    }
}

TEST(FitTables, RoundsAsIsAskedFor) {
    const auto latents = some_latents(20, 1);
    const auto bytes = [&](const std::string& step) {
        Runner runner("fit_tables", "{batches: 1, step: " + step + "}");
        runner.give("latents", latents).receive();
        return runner.take<Tables>("tables").at(0)->coder.encode(latents.latents).at(0).size();
    };
    EXPECT_LT(bytes("0.5"), bytes("0.125"));
}

// Or the engine would let more wait for the tables than it has tickets for.
TEST(FitTables, SaysHowManyMayHaveToWait) {
    const graph::Spec& spec = graph::registry().at("fit_tables");
    const auto params = spec.make_params();
    EXPECT_EQ(spec.holds(params.get()), 8U);
}

}  // namespace
