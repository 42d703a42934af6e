#include "nodes/checkpoint_model.hpp"
#include "tests/nodes/runner.hpp"

namespace {

using nodes::LatentBatch;
using ::testing::HasSubstr;

void link_model(graph::Setup& setup) { setup.linked["model"] = true; }

TEST(Encode, WithTheModelOfTheEpoch) {
    const auto snapshot = trained_snapshot();
    const auto batch = blocks(3, 16, 9);
    Runner runner("encode", "{}", link_model);
    runner.give("model", snapshot).give("images", batch).receive();
    const auto out = runner.take<LatentBatch>("latents").at(0);
    EXPECT_EQ(out->latents.values.values, snapshot->model->encode(batch.images).values.values);
    EXPECT_EQ(out->model, snapshot->architecture);
    EXPECT_EQ(out->image, (models::Dims{1, 16, 16}));
    EXPECT_EQ(out->infos.at(2).path, "image2.tif");
    EXPECT_EQ(out->checkpoint, "");
}

TEST(Encode, WithACheckpoint) {
    Scratch folder;
    const auto snapshot = trained_snapshot();
    nodes::write_snapshot(folder / "c.h5", *snapshot);
    const auto batch = blocks(3, 16, 9);
    Runner runner("encode", "{checkpoint: " + (folder / "c.h5").string() + "}");
    runner.give("images", batch).receive();
    const auto out = runner.take<LatentBatch>("latents").at(0);
    EXPECT_EQ(out->latents.values.values, snapshot->model->encode(batch.images).values.values);
    EXPECT_EQ(out->checkpoint.size(), 64u);
    EXPECT_THAT(error_of([&] { runner.give("images", blocks(1, 8, 0)).receive(); }),
                HasSubstr("put a 'resize' with 'like' before"));
}

TEST(Encode, SaysWhichModelsMakeUpDetail) {
    const std::string gan =
        "{type: gan, width: 4, residual_blocks: 0, latent_channels: 2, discriminator_width: 4}";
    Scratch folder;
    for (const auto& text : {std::string(small_model), gan}) {
        const models::Dims image{1, 32, 32};
        std::shared_ptr<const models::Model> model =
            nodes::parse_architecture(text, "test")->build(image, 1, {});
        nodes::Snapshot snapshot;
        snapshot.name = "m";
        snapshot.architecture = text;
        snapshot.image = image;
        snapshot.model = model;
        snapshot.state = model->state();
        nodes::write_snapshot(folder / "c.h5", snapshot);

        Runner linked("encode", "{}", link_model);
        linked.give("model", snapshot).give("images", blocks(1, 32, 9)).receive();
        EXPECT_EQ(linked.take<LatentBatch>("latents").at(0)->generative, text == gan);
        Runner stored("encode", "{checkpoint: " + (folder / "c.h5").string() + "}");
        stored.give("images", blocks(1, 32, 9)).receive();
        EXPECT_EQ(stored.take<LatentBatch>("latents").at(0)->generative, text == gan);
    }
}

TEST(Encode, NeedsOneOfTheTwo) {
    EXPECT_THAT(error_of([] { Runner("encode"); }), HasSubstr("link 'model' or give 'checkpoint'"));
    EXPECT_THAT(error_of([] { Runner("encode", "{checkpoint: x.h5}", link_model); }),
                HasSubstr("link 'model' or give 'checkpoint'"));
}

}  // namespace
