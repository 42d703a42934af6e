#include "nodes/checkpoint_model.hpp"
#include "tests/nodes/runner.hpp"

namespace {

using nodes::Batch;
using nodes::LatentBatch;
using ::testing::HasSubstr;

LatentBatch latents_of(const nodes::Snapshot& snapshot) {
    const auto batch = blocks(3, 16, 9);
    LatentBatch latents;
    latents.latents = snapshot.model->encode(batch.images);
    latents.image = {1, 16, 16};
    latents.infos = batch.infos;
    latents.model = snapshot.architecture;
    return latents;
}

TEST(Decode, WithTheModelOfTheEpochAndWithACheckpoint) {
    Scratch folder;
    const auto snapshot = trained_snapshot();
    nodes::write_snapshot(folder / "c.h5", *snapshot);
    const auto latents = latents_of(*snapshot);
    const auto expected = snapshot->model->decode(latents.latents).values;

    Runner linked("decode", "{}", [](graph::Setup& setup) { setup.linked["model"] = true; });
    linked.give("model", snapshot).give("latents", latents).receive();
    const auto images = linked.take<Batch>("images").at(0);
    EXPECT_EQ(images->images.values, expected);
    EXPECT_EQ(images->infos.at(1).path, "image1.tif");

    Runner alone("decode", "{checkpoint: " + (folder / "c.h5").string() + "}");
    alone.give("latents", latents).receive();
    EXPECT_EQ(alone.take<Batch>("images").at(0)->images.values, expected);
}

TEST(Decode, RefusesLatentsOfAnotherModel) {
    Scratch folder;
    const auto snapshot = trained_snapshot();
    nodes::write_snapshot(folder / "c.h5", *snapshot);
    Runner runner("decode", "{checkpoint: " + (folder / "c.h5").string() + "}");
    auto latents = latents_of(*snapshot);
    latents.checkpoint = std::string(64, '0');
    EXPECT_THAT(error_of([&] { runner.give("latents", latents).receive(); }),
                HasSubstr("the latents are of another model or checkpoint"));
    latents.checkpoint.clear();
    latents.model = "{type: gan}";
    EXPECT_THAT(error_of([&] { runner.give("latents", latents).receive(); }),
                HasSubstr("they were made by {type: gan}"));
}

TEST(Decode, NeedsOneOfTheTwo) {
    EXPECT_THAT(error_of([] { Runner("decode"); }), HasSubstr("link 'model' or give 'checkpoint'"));
}

}  // namespace
