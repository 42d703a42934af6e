#include "models/thaw_codec.hpp"
#include "nodes/checkpoint_model.hpp"
#include "tests/nodes/frozen_codec.hpp"
#include "tests/nodes/runner.hpp"

#include <limits>

namespace {

using graph::Purpose;
using nodes::Metrics;
using nodes::Snapshot;
using ::testing::Contains;
using ::testing::HasSubstr;

constexpr int batches = 4;

/// One epoch, or its batches from `first` to before `last`.
void feed(Runner& trainer, int epoch, int first = 0, int last = batches, bool last_epoch = false) {
    trainer.in_pass(epoch, Purpose::train, "train", last_epoch, 4 * batches);
    for (int i = 0; i < last; ++i) {
        trainer.give("images", blocks(4, 16, static_cast<uint64_t>(100 + i)));
        if (i >= first) trainer.receive();
    }
    if (last == batches) trainer.end();
}

double find(const Metrics& rows, const std::string& metric) {
    for (const auto& row : rows)
        if (row.metric == metric) return row.value;
    return std::numeric_limits<double>::quiet_NaN();
}

void expect_equal(const std::vector<models::NamedTensor>& a,
                  const std::vector<models::NamedTensor>& b) {
    ASSERT_EQ(a.size(), b.size());
    for (size_t i = 0; i < a.size(); ++i) {
        EXPECT_EQ(a[i].name, b[i].name);
        EXPECT_EQ(a[i].tensor.values, b[i].tensor.values) << a[i].name;
    }
}

TEST(Train, SendsASnapshotAtTheStartAndAfterEachEpoch) {
    auto trainer = make_trainer();
    trainer->start();
    ASSERT_EQ(trainer->sent.size(), 1u);
    EXPECT_EQ(trainer->sent[0].epoch, 0);
    EXPECT_FALSE(trainer->sent[0].complete);
    EXPECT_TRUE(trainer->take<Snapshot>("model").at(0)->state.has_value());

    feed(*trainer, 0);
    EXPECT_TRUE(trainer->sent.at(0).complete);
    const auto snapshot = trainer->take<Snapshot>("model").at(0);
    EXPECT_EQ(snapshot->name, "convolutional");
    EXPECT_THAT(snapshot->architecture, HasSubstr("type: convolutional"));
    EXPECT_EQ(snapshot->steps, 4u);
    EXPECT_TRUE(snapshot->complete && snapshot->state && snapshot->model);
    const auto rows = trainer->take<Metrics>("metrics").at(0);
    EXPECT_EQ(rows->at(0).epoch, 1);
    EXPECT_EQ(rows->at(0).split, "train");
    EXPECT_GT(find(*rows, "loss"), 0);
    EXPECT_GE(find(*rows, "seconds"), 0);
    EXPECT_NEAR(trainer->reports.at("convolutional.loss"), find(*rows, "loss"), 1e-12);
}

TEST(Train, Learns) {
    auto trainer = make_trainer();
    std::vector<double> losses;
    for (int epoch = 0; epoch < 60; ++epoch) {
        feed(*trainer, epoch);
        losses.push_back(find(*trainer->take<Metrics>("metrics").at(0), "loss"));
    }
    EXPECT_LT(losses.back(), 0.6 * losses.front());
}

TEST(Train, LetsEvaluationBy) {
    auto trainer = make_trainer();
    trainer->in_pass(0, Purpose::evaluate, "test").give("images", blocks(4, 16, 1)).receive().end();
    EXPECT_TRUE(trainer->sent.empty());
}

TEST(Train, GoesOnWithinAnEpochBitForBit) {
    auto whole = make_trainer();
    whole->start();
    feed(*whole, 0);
    feed(*whole, 1);

    auto first = make_trainer();
    first->start();
    feed(*first, 0);
    feed(*first, 1, 0, 2);
    first->take<Snapshot>("model");
    first->stop();
    EXPECT_FALSE(first->sent.back().complete);
    const auto stored = first->take<Snapshot>("model").at(0);
    EXPECT_EQ(stored->batches, 2u);

    auto second = make_trainer();
    const graph::Cursor cursor = second->node().resume(stored);
    EXPECT_EQ(cursor.epoch, 1);
    EXPECT_EQ(cursor.batches, 2u);
    EXPECT_FALSE(cursor.complete);
    second->start();
    EXPECT_EQ(second->sent.at(0).epoch, 1);
    feed(*second, 1);  // the first two batches come again, and are passed over
    expect_equal(*second->take<Snapshot>("model").back()->state,
                 *whole->take<Snapshot>("model").back()->state);
    EXPECT_EQ(find(*second->take<Metrics>("metrics").back(), "loss"),
              find(*whole->take<Metrics>("metrics").back(), "loss"));
}

TEST(Train, GoesOnAfterAWholeEpoch) {
    auto first = make_trainer();
    feed(*first, 0);
    const auto rows = first->take<Metrics>("metrics").back();
    first->take<Snapshot>("model");
    first->stop();
    EXPECT_TRUE(first->sent.back().complete);

    auto second = make_trainer();
    EXPECT_TRUE(second->node().resume(first->take<Snapshot>("model").at(0)).complete);
    second->start();
    EXPECT_TRUE(second->sent.at(0).complete);
    EXPECT_EQ(find(*second->take<Metrics>("metrics").at(0), "loss"), find(*rows, "loss"));
    second->take<Snapshot>("model");
    feed(*second, 0);  // another trainer may need this epoch again
    EXPECT_TRUE(second->sent.empty());
    feed(*second, 1);
    EXPECT_EQ(second->take<Snapshot>("model").at(0)->steps, 8u);
}

TEST(Train, WarnsOfAnotherThreadCountAndRefusesAnotherModel) {
    auto snapshot = std::make_shared<Snapshot>(*trained_snapshot(1));
    snapshot->threads += 1;
    auto trainer = make_trainer();
    trainer->node().resume(snapshot);
    trainer->start();
    EXPECT_THAT(trainer->warnings, Contains(HasSubstr("threads")));
    snapshot->architecture = "{type: fully_connected}";
    EXPECT_THAT(error_of([&] { trainer->node().resume(snapshot); }),
                HasSubstr("the checkpoint is of {type: fully_connected}"));
}

TEST(Train, StateComesWhenACheckpointIsDue) {
    auto trainer = make_trainer(", checkpoint_every: 3");
    for (int epoch = 0; epoch < 5; ++epoch) {
        feed(*trainer, epoch, 0, batches, epoch == 4);
        const bool due = trainer->take<Snapshot>("model").at(0)->state.has_value();
        EXPECT_EQ(due, epoch == 2 || epoch == 4) << epoch;
    }
}

TEST(Train, SaysWhereItDiverged) {
    auto trainer = make_trainer();
    trainer->start();
    feed(*trainer, 0);
    trainer->in_pass(1, Purpose::train, "train");
    auto batch = blocks(4, 16, 1);
    batch.images.values[5] = std::numeric_limits<float>::quiet_NaN();
    trainer->give("images", std::move(batch));
    try {
        trainer->receive();
        FAIL();
    } catch (const models::DivergenceError& error) {
        EXPECT_THAT(error.what(), HasSubstr("epoch 2, step 5"));
        EXPECT_THAT(error.what(), HasSubstr("the last good checkpoint is that of epoch 1"));
    }
}

/// A trainer whose steps are far too large.
std::unique_ptr<Runner> make_wild_trainer() {
    return std::make_unique<Runner>(
        "train", "{model: " + std::string(small_model) + ", optimizer: {type: sgd, rate: 100}}",
        [](graph::Setup& setup) {
            setup.shapes["images"] = {1, 16, 16};
        });
}

TEST(Train, NeverSendsAModelThatDiverged) {
    int diverged = 0;
    for (int steps = 1; steps < 30; ++steps) {
        auto trainer = make_wild_trainer();
        trainer->start();
        trainer->take<Snapshot>("model");
        trainer->in_pass(0, Purpose::train, "train", true, static_cast<size_t>(4 * steps));
        try {
            for (int i = 0; i < steps; ++i)
                trainer->give("images", blocks(4, 16, static_cast<uint64_t>(i))).receive();
            trainer->end();
            const auto sent = trainer->take<Snapshot>("model").at(0);
            for (const auto& [name, tensor] : *sent->state)
                for (const float value : tensor.values) ASSERT_TRUE(std::isfinite(value)) << name;
        } catch (const models::DivergenceError& error) {
            ++diverged;
            EXPECT_TRUE(trainer->take<Snapshot>("model").empty());
            EXPECT_THAT(error.what(), HasSubstr("epoch 1, step "));
            EXPECT_THAT(error.what(), HasSubstr("try a lower rate, or clip_norm"));
        }
    }
    EXPECT_GT(diverged, 0);
}

TEST(Train, ChecksTheImagesSize) {
    EXPECT_THAT(error_of([] { make_trainer()->shapes({{1, 102, 102}}); }), HasSubstr("102x102"));
    const std::string unknown = "the size of the images is not known here: put a 'resize' before";
    EXPECT_EQ(error_of([] { make_trainer()->shapes({{1, -1, -1}}); }), unknown);
    EXPECT_EQ(
        error_of([] { Runner("train", "{}", [](auto& setup) { setup.shapes["images"] = {}; }); }),
        unknown);
}

TEST(Train, StartsFromTheWeightsOfAnother) {
    const Scratch folder;
    const auto before = trained_snapshot();
    write_snapshot(folder / "checkpoint.h5", *before);
    auto trainer = make_trainer(", start_from: " + folder.path().string());
    trainer->start();
    const auto first = trainer->take<Snapshot>("model").at(0);
    const auto weights = before->model->weights();
    for (size_t i = 0; i < weights.size(); ++i)
        EXPECT_EQ(first->model->weights()[i].tensor.values, weights[i].tensor.values);
    EXPECT_EQ(first->steps, 0U);  // the optimiser begins anew
    EXPECT_THAT(error_of([&] {
                    Runner("train",
                           "{model: {type: convolutional, encoder: [5, 2], decoder: [2, 4]}, "
                           "start_from: " +
                               folder.path().string() + "}",
                           [](auto& setup) {
                               setup.shapes["images"] = {1, 16, 16};
                           });
                }),
                HasSubstr(folder.path().string()));
    EXPECT_THAT(error_of([&] { make_trainer(", start_from: nowhere.h5"); }),
                HasSubstr("nowhere.h5"));
}

TEST(Train, StartsFromAFrozenCodec) {
    const Scratch folder;
    Runner trainer("train",
                   "{model: {type: hyperprior, width: 8, latent_channels: 6, qualities: 3}, "
                   "start_from: " +
                       codec_file(folder) + "}",
                   [](auto& setup) {
                       setup.shapes["images"] = {1, 64, 64};
                   });
    trainer.start();
    const auto model = trainer.take<Snapshot>("model").at(0)->model;
    const auto expected = models::thaw_codec(*small_codec().frozen)->weights();
    for (const auto& one : model->weights()) {
        if (!one.name.starts_with("analysis") && !one.name.starts_with("synthesis")) continue;
        EXPECT_EQ(one.tensor.values,
                  models::find_tensor(expected, one.name, one.tensor.dims).values)
            << one.name;
    }
}

TEST(Train, EveryParameterChangesSomething) {
    auto weights = [](const std::string& more) {
        auto trainer = make_trainer(more);
        feed(*trainer, 0);
        return trainer->take<Snapshot>("model").at(0);
    };
    const auto usual = weights("")->state->at(0).tensor.values;
    EXPECT_NE(weights(", schedule: {type: exponential, decay: 0.1}")->state->at(0).tensor.values,
              usual);  // it follows the batches within the epoch
    EXPECT_NE(weights(", clip_norm: 0.0001")->state->at(0).tensor.values, usual);
    EXPECT_EQ(weights(", name: mine")->name, "mine");
    Runner sgd("train", std::string("{model: ") + small_model + ", optimizer: sgd}",
               [](auto& setup) {
                   setup.shapes["images"] = {1, 16, 16};
               });
    feed(sgd, 0);
    EXPECT_NE(sgd.take<Snapshot>("model").at(0)->state->at(0).tensor.values, usual);
}

}  // namespace
