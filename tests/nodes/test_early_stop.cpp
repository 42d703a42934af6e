// When the trainer stops early: a function of the images that it is evaluated on, kept in
// checkpoints.
#include "graph/learner.hpp"
#include "nodes/checkpoint_model.hpp"
#include "nodes/early_stop.hpp"
#include "tests/nodes/runner.hpp"

namespace {

using graph::Purpose;
using nodes::EarlyStop;
using nodes::EarlyStopParams;
using nodes::Snapshot;
using ::testing::HasSubstr;

graph::Pass evaluation(int epoch, const std::string& split = "test") {
    return {epoch, epoch, Purpose::evaluate, split, 1, false};
}

models::Tensor image(float value) {
    models::Tensor tensor({1, 1, 16, 16});
    std::fill(tensor.values.begin(), tensor.values.end(), value);
    return tensor;
}

/// Gives it one epoch whose error is error^2; whether it was the best.
bool score(EarlyStop& stop, int epoch, float error) {
    EXPECT_TRUE(stop.follows(evaluation(epoch)));
    stop.add(image(0), image(error));
    return stop.judge(evaluation(epoch));
}

TEST(EarlyStop, StopsAfterSoManyEpochsWithoutABetterOne) {
    EarlyStop stop({.patience = 2});
    EXPECT_TRUE(score(stop, 0, 0.5F));
    EXPECT_TRUE(score(stop, 1, 0.4F));
    EXPECT_FALSE(score(stop, 2, 0.4F));
    EXPECT_FALSE(stop.done());
    EXPECT_TRUE(score(stop, 3, 0.3F));
    EXPECT_FALSE(score(stop, 4, 0.31F));
    EXPECT_FALSE(stop.done());
    EXPECT_FALSE(score(stop, 5, 0.35F));
    EXPECT_TRUE(stop.done());
    EXPECT_EQ(stop.why(),
              "stopped after epoch 6: the test mse of epoch 4, 0.09, has not been bettered for 2 "
              "epochs (stop_early.patience is 2)");
}

TEST(EarlyStop, OptionsChangeWhatCounts) {
    EarlyStop off({});
    EXPECT_FALSE(off.follows(evaluation(0)));
    EXPECT_FALSE(off.done());
    EarlyStop other({.patience = 1, .split = "val"});
    EXPECT_FALSE(other.follows(evaluation(0)));
    EXPECT_TRUE(other.follows(evaluation(0, "val")));
    EarlyStop delta({.patience = 1, .min_delta = 0.1});
    EXPECT_TRUE(score(delta, 0, 0.5F));
    EXPECT_FALSE(score(delta, 1, 0.4F));  // 0.25 to 0.16
    EXPECT_TRUE(delta.done());
    EarlyStop psnr({.patience = 1, .metric = "psnr"});
    EXPECT_TRUE(score(psnr, 0, 0.5F));
    EXPECT_TRUE(score(psnr, 1, 0.4F));  // more decibels
}

TEST(EarlyStop, GoesOnFromItsState) {
    EarlyStop first({.patience = 3});
    score(first, 0, 0.3F);
    score(first, 1, 0.4F);
    EarlyStop second({.patience = 3});
    second.restore(first.state());
    EXPECT_FALSE(second.follows(evaluation(1)));  // it was scored before
    score(second, 2, 0.4F);
    score(second, 3, 0.4F);
    EXPECT_TRUE(second.done());
    second.end(3);
    EarlyStop patient({.patience = 5});
    patient.restore(second.state());
    EXPECT_EQ(patient.ended(), -1);
    EXPECT_FALSE(score(patient, 4, 0.31F));
    EXPECT_TRUE(score(patient, 5, 0.2F));
}

/// An epoch of training and one of evaluation.
void epoch(Runner& trainer, int number) {
    trainer.in_pass(number, Purpose::train, "train", false, 4);
    trainer.give("images", blocks(4, 16, 1)).receive().end();
    trainer.in_pass(number, Purpose::evaluate, "test", false, 4);
    trainer.give("images", blocks(4, 16, 2)).receive().end();
}

// No score can get better by that much.
const std::string stuck = ", stop_early: {patience: 2, min_delta: 0.5}";

TEST(EarlyStop, TheTrainerEndsAndSaysSo) {
    auto trainer = make_trainer(stuck);
    auto& learner = dynamic_cast<graph::Learner&>(trainer->node());
    EXPECT_EQ(learner.evaluated_split(), "test");
    trainer->start();
    epoch(*trainer, 0);
    const auto first = trainer->take<Snapshot>("model");
    ASSERT_EQ(first.size(), 3U);  // at the start, after the epoch, and as the best
    EXPECT_TRUE(first[2]->best && !first[2]->state && !first[1]->best);
    epoch(*trainer, 1);
    EXPECT_FALSE(learner.ended());
    epoch(*trainer, 2);
    EXPECT_EQ(learner.ended(), 2);
    const auto weights = trainer->take<Snapshot>("model").back()->state;
    // Others may still learn: it answers for each epoch, and does not change any more.
    epoch(*trainer, 3);
    const auto later = trainer->take<Snapshot>("model");
    ASSERT_EQ(later.size(), 1U);
    EXPECT_EQ(later[0]->epoch, 3);
    EXPECT_EQ(later[0]->steps, 3U);
    EXPECT_EQ(later[0]->early_stop->ended_epoch, 2);
    ASSERT_TRUE(weights && later[0]->state);
    for (size_t i = 0; i < weights->size(); ++i)
        EXPECT_EQ((*weights)[i].tensor.values, (*later[0]->state)[i].tensor.values);
}

TEST(EarlyStop, ItsStateIsInTheCheckpoint) {
    const Scratch folder;
    auto trainer = make_trainer(stuck);
    trainer->start();
    for (int number = 0; number < 4; ++number) epoch(*trainer, number);
    nodes::write_snapshot(folder / "a.h5", *trainer->take<Snapshot>("model").back());
    const auto stored = std::make_shared<const Snapshot>(nodes::read_snapshot(folder / "a.h5"));

    auto again = make_trainer(stuck);
    auto& learner = dynamic_cast<graph::Learner&>(again->node());
    EXPECT_EQ(again->node().resume(stored).epoch, 3);
    EXPECT_EQ(learner.ended(), 2);
    learner.end_at(2);
    again->start();
    EXPECT_EQ(again->sent.at(0).epoch, 2);
    EXPECT_TRUE(again->sent.at(0).complete);

    auto patient = make_trainer(", stop_early: {patience: 9, min_delta: 0.5}");
    patient->node().resume(stored);
    EXPECT_FALSE(dynamic_cast<graph::Learner&>(patient->node()).ended());
}

}  // namespace
