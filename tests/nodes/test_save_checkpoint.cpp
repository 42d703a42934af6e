#include "nodes/checkpoint_model.hpp"
#include "tests/nodes/runner.hpp"

namespace {

using nodes::Snapshot;
using ::testing::HasSubstr;

TEST(SaveCheckpoint, StoresWhatAResumedRunNeeds) {
    auto snapshot = std::make_shared<Snapshot>(*trained_snapshot());
    snapshot->batches = 3;
    snapshot->complete = false;
    Runner runner("save_checkpoint");
    runner.give<Snapshot>("model", snapshot).receive();
    const auto stored = std::static_pointer_cast<const Snapshot>(runner.node().stored());
    EXPECT_EQ(stored->name, snapshot->name);
    EXPECT_EQ(stored->architecture, snapshot->architecture);
    EXPECT_EQ(stored->image, snapshot->image);
    EXPECT_EQ(stored->epoch, snapshot->epoch);
    EXPECT_EQ(stored->batches, 3u);
    EXPECT_FALSE(stored->complete);
    EXPECT_EQ(stored->steps, snapshot->steps);
    EXPECT_EQ(stored->threads, snapshot->threads);
    EXPECT_THAT(stored->sums, ::testing::UnorderedElementsAreArray(snapshot->sums));
    ASSERT_EQ(stored->state->size(), snapshot->state->size());
    for (size_t i = 0; i < stored->state->size(); ++i) {
        EXPECT_EQ(stored->state->at(i).name, snapshot->state->at(i).name);
        EXPECT_EQ(stored->state->at(i).tensor.dims, snapshot->state->at(i).tensor.dims);
        EXPECT_EQ(stored->state->at(i).tensor.values, snapshot->state->at(i).tensor.values);
    }
}

TEST(SaveCheckpoint, LetsByWhatHasNoState) {
    auto snapshot = std::make_shared<Snapshot>(*trained_snapshot(1));
    snapshot->state.reset();
    Runner runner("save_checkpoint", "{file: mine.h5}");
    runner.give<Snapshot>("model", snapshot).receive();
    EXPECT_THAT(error_of([&] { runner.node().stored(); }), HasSubstr("there is no"));
    EXPECT_THAT(error_of([&] { runner.node().stored(); }), HasSubstr("mine.h5"));
    runner.give<Snapshot>("model", trained_snapshot(1)).receive();
    EXPECT_TRUE(std::filesystem::exists(runner.folder / "mine.h5"));
}

TEST(SaveCheckpoint, AloneIsEnoughToEncodeWith) {
    const auto snapshot = trained_snapshot();
    Runner runner("save_checkpoint");
    runner.give<Snapshot>("model", snapshot).receive();
    const auto batch = blocks(3, 16, 9);
    const auto expected = snapshot->model->encode(batch.images).values.values;
    for (const auto& path : {runner.folder / "checkpoint.h5", runner.folder.path()}) {
        const auto loaded = nodes::load_model(path);
        EXPECT_EQ(loaded.model->encode(batch.images).values.values, expected);
        EXPECT_EQ(loaded.image, (models::Dims{1, 16, 16}));
        EXPECT_EQ(loaded.digest.size(), 64u);
    }
    EXPECT_THAT(error_of([] { nodes::load_model("/nowhere.h5"); }), HasSubstr("/nowhere.h5"));
}

}  // namespace
