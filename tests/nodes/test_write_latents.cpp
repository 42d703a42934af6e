#include "formats/latents_file.hpp"
#include "tests/nodes/runner.hpp"

namespace {

using graph::Purpose;
using nodes::LatentBatch;

LatentBatch latents(float first, int64_t rows, const std::string& split) {
    LatentBatch batch;
    batch.latents.values = models::Tensor({rows, 2, 1, 2});
    for (float& value : batch.latents.values.values) value = first++;
    batch.image = {1, 8, 16};
    batch.infos = blocks(rows, 2, 0, split).infos;
    batch.model = "{type: m}";
    batch.checkpoint = std::string(64, 'c');
    return batch;
}

TEST(WriteLatents, KeepsTheLastEpochAndPublishesAtTheEnd) {
    Runner runner("write_latents", "{file: l.h5}");
    for (int epoch = 0; epoch < 2; ++epoch)
        for (const char* split : {"train", "test"}) {
            runner.in_pass(epoch, Purpose::evaluate, split);
            runner.give("latents", latents(static_cast<float>(10 * epoch), 2, split)).receive();
        }
    EXPECT_FALSE(std::filesystem::exists(runner.folder / "l.h5"));
    runner.node().finish();

    const formats::LatentsReader file(runner.folder / "l.h5");
    ASSERT_EQ(file.size(), 4u);
    const auto rows = file.read(0, 4);
    EXPECT_EQ(rows.values[0], 10);
    EXPECT_EQ(rows.sources[1].path, "image1.tif");
    EXPECT_EQ(rows.sources[1].split, "train");
    EXPECT_EQ(rows.sources[2].split, "test");
    EXPECT_EQ(rows.sources[0].height, 8);
    EXPECT_EQ(rows.sources[0].width, 16);
    EXPECT_EQ(file.header().bits_per_pixel, 32.0 * 4 / (8 * 16));
    EXPECT_EQ(file.header().model, "{type: m}");
    EXPECT_EQ(file.header().checkpoint, std::string(64, 'c'));
}

TEST(WriteLatents, KeepsThatDetailMayBeMadeUp) {
    for (const bool generative : {false, true}) {
        Runner runner("write_latents", "{file: l.h5}");
        auto batch = latents(0, 1, "all");
        batch.generative = generative;
        runner.give("latents", batch).receive();
        runner.node().finish();
        EXPECT_EQ(formats::LatentsReader(runner.folder / "l.h5").header().generative, generative);
    }
}

TEST(WriteLatents, ARunThatIsNotCompleteLeavesNothing) {
    Scratch folder;
    {
        Runner runner("write_latents", "{file: " + (folder / "l.h5").string() + "}");
        runner.give("latents", latents(0, 1, "all")).receive();
    }
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
