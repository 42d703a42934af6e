// A learner that is done before the last epoch: the run ends with that epoch as its last one, the
// same for every number of threads and every moment of a stop.
#include "graph/engine.hpp"
#include "graph/learner.hpp"
#include "tests/graph/pipeline_files.hpp"

namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct TireParams {
    int after = 2;
    bool alone = false;
};

/// As `learn`, but it has had enough after some epochs.
class Tire : public toy::Learn, public graph::Learner {
  public:
    Tire(const TireParams& params, const graph::Setup& setup)
        : Learn({}, setup), after_(params.after), alone_(params.alone) {}
    void receive(graph::Call& call) override {
        if (!ended()) Learn::receive(call);
    }
    void end(graph::Call& call) override {
        const graph::Pass& pass = call.pass();
        if (pass.purpose != graph::Purpose::train) {
            if (pass.split == "test" && pass.epoch == after_ && !pass.last_epoch) ended_ = after_;
            return;
        }
        Learn::end(call);
    }
    graph::Cursor resume(const std::shared_ptr<const void>& stored) override {
        const graph::Cursor cursor = Learn::resume(stored);
        if (cursor.complete && cursor.epoch >= after_) ended_ = after_;
        return cursor;
    }
    std::optional<int> ended() const override {
        return ended_ < 0 ? std::nullopt : std::optional<int>(ended_);
    }
    std::string why_ended() const override { return "tired"; }
    std::string why_alone() const override { return alone_ ? "it learns alone" : ""; }

  private:
    const int after_;
    const bool alone_;
    std::atomic<int> ended_{-1};
};
const graph::Register tire{[] {
    auto spec = graph::ordered_node<TireParams, Tire>(
        {.name = "tire",
         .doc = "Sums numbers up until it is tired.",
         .inputs = {graph::port<toy::Numbers>(graph::Clock::batch, "numbers", "batches")},
         .outputs = {graph::limited(
             2, graph::port<toy::Sum>(graph::Clock::epoch, "sum", "the sum so far"))},
         .params = {graph::param("after", &TireParams::after, "epoch"),
                    graph::param("alone", &TireParams::alone, "without others")}});
    spec.together = true;
    return spec;
}()};

class Learners : public toy::PipelineFiles {
  protected:
    graph::Plan pipeline(const std::string& more = "", int epochs = 50) {
        return plan(fmt::format(
            "version: 1\nrun: {{out: {}}}\nnodes:\n"
            "  numbers: {{op: count, with: {{count: 12, epochs: {}, split: {{train: 0.7, test: "
            "0.3}}}}}}\n"
            "  batch: {{op: gather, in: numbers, with: {{size: 3}}}}\n"
            "  learn: {{op: tire, in: batch}}\n"
            "  score: {{op: assess, in: {{numbers: batch, sum: learn}}}}\n"
            "  save: {{op: save, in: learn}}\n{}",
            (folder_ / "run").string(), epochs, more));
    }
    static void forget() {
        toy::seen().lines.clear();
        toy::seen().stored.clear();
    }
    static graph::RunResult run(graph::Plan plan, bool resume) {
        graph::RunOptions options;
        options.quiet = true;
        options.resume = resume;
        return graph::Engine(std::move(plan), options).run();
    }
};

TEST_F(Learners, TheRunEndsWithTheEpochThatTheyEndAt) {
    forget();
    const graph::Plan plan =
        pipeline("  last: {op: record_batches, in: batch, when: last_epoch}\n");
    ASSERT_EQ(errors(), "");
    EXPECT_TRUE(run(plan, false).goes_on);
    const auto result = run(plan, true);
    EXPECT_FALSE(result.goes_on);
    EXPECT_EQ(result.exit_code, 0) << result.message;
    // The last epoch is the third, and what waits for the last one gets it.
    EXPECT_THAT(toy::seen().lines.at("score"), Contains(HasSubstr("2test:")));
    EXPECT_THAT(toy::seen().lines.at("last"), Contains(HasSubstr("2etest:")));
    EXPECT_THAT(toy::seen().lines.at("last"), Contains("finish"));
    EXPECT_THAT(toy::seen().lines.at("last"), ::testing::Not(Contains(HasSubstr("49"))));

    graph::RunOptions options;
    options.resume = options.quiet = true;
    const auto standing = graph::Engine(plan, options).standing();
    EXPECT_TRUE(standing.finished);
    EXPECT_EQ(standing.learned.at(0).epochs, 3);
    EXPECT_EQ(standing.learned.at(0).ended, "tired");
}

TEST_F(Learners, WhatCannotLearnTogetherIsToldBeforeTheRun) {
    graph::Plan plan = this->plan("version: 1\nrun: {out: " + (folder_ / "run").string() +
                                  "}\nnodes:\n"
                                  "  numbers: {op: count, with: {count: 12}}\n"
                                  "  batch: {op: gather, in: numbers, with: {size: 3}}\n"
                                  "  learn: {op: tire, in: batch, with: {alone: true}}\n"
                                  "  save: {op: save, in: learn}\n");
    graph::RunOptions options;
    options.quiet = true;
    graph::Engine(plan, options).describe_work();  // by itself it can
    options.processes = {0, 2, 2};
    try {
        graph::Engine(plan, options);
        FAIL();
    } catch (const graph::ConfigurationError& error) {
        EXPECT_THAT(error.what(),
                    HasSubstr("p.yaml:6:3: learn: 2 processes were started: it learns alone"));
    }
}

TEST_F(Learners, ALearnerThatKeptNothingIsAnError) {
    forget();
    const graph::Plan plan = pipeline();
    EXPECT_TRUE(run(plan, false).goes_on);
    forget();
    try {
        run(plan, true);
        FAIL();
    } catch (const graph::ConfigurationError& error) {
        EXPECT_THAT(error.what(), HasSubstr("learn kept no checkpoint that it could go on from"));
    }
}

TEST_F(Learners, AFinishedRunGoesOnWithMoreEpochs) {
    forget();
    EXPECT_EQ(run(pipeline("", 2), false).exit_code, 0);
    graph::RunOptions options;
    options.resume = options.quiet = true;
    EXPECT_TRUE(graph::Engine(pipeline("", 2), options).standing().finished);
    const auto standing = graph::Engine(pipeline("", 3), options).standing();
    EXPECT_FALSE(standing.finished);
    EXPECT_EQ(standing.learned.at(0).cursor.epoch, 1);
    EXPECT_EQ(run(pipeline("", 3), true).exit_code, 0);
    EXPECT_THAT(toy::seen().lines.at("score"), Contains(HasSubstr("2test:")));
    // The options that it was run with before are kept.
    EXPECT_TRUE(std::filesystem::exists(folder_ / "run" / "resolved.1.yaml"));
    std::ifstream now(folder_ / "run" / "resolved.yaml");
    EXPECT_THAT(std::string(std::istreambuf_iterator<char>(now), {}), HasSubstr("epochs: 3"));
}

}  // namespace
