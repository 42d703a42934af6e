// Checkpoints as models: what they refuse, and models for images of another size.
#include "formats/checkpoint.hpp"
#include "nodes/checkpoint_model.hpp"
#include "tests/nodes/runner.hpp"

namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const models::Dims small{1, 64, 64};

nodes::TrainedModel codec() {
    const std::string text = "{type: hyperprior, width: 8, latent_channels: 8}";
    return {"codec", text, "", small, nodes::parse_architecture(text, "test")->build(small, 1, {})};
}

TEST(CheckpointModel, IsItselfForImagesOfItsSize) {
    const auto trained = codec();
    EXPECT_EQ(nodes::model_for(trained, small), trained.model);
}

TEST(CheckpointModel, IsRebuiltForOtherSizesWithTheSameWeights) {
    const auto trained = codec();
    const auto wide = nodes::model_for(trained, {1, 64, 128});
    const auto batch = blocks(1, 128, 3);
    models::Tensor images({1, 1, 64, 128});
    std::copy_n(batch.images.values.begin(), images.values.size(), images.values.begin());
    EXPECT_EQ(wide->encode(images).values.dims, (models::Dims{1, 8, 4, 8}));
    const auto before = trained.model->weights();
    const auto after = wide->weights();
    ASSERT_EQ(before.size(), after.size());
    for (size_t i = 0; i < before.size(); ++i)
        EXPECT_EQ(before[i].tensor.values, after[i].tensor.values) << before[i].name;
}

TEST(CheckpointModel, SaysWhatToDoIfItsWeightsAreForOneSize) {
    const auto snapshot = trained_snapshot();
    EXPECT_THAT(error_of([&] {
                    nodes::model_for(*snapshot, {1, 32, 48});
                }),
                AllOf(HasSubstr("the images are 1x32x48"), HasSubstr("takes 1x16x16"),
                      HasSubstr("put a 'resize' with 'like' before")));
}

TEST(CheckpointModel, NamesTheFileAndWhatIsMissing) {
    const Runner folder("save_checkpoint");
    const auto file = folder.folder / "other.h5";
    formats::write_checkpoint(file, formats::Checkpoint{{{"name", "x"}}, {}, {}, {}});
    EXPECT_THAT(error_of([&] { nodes::load_model(file); }),
                AllOf(HasSubstr("other.h5"), HasSubstr("'model' is missing")));
    EXPECT_THAT(error_of([&] { nodes::checkpoint_image(file); }),
                AllOf(HasSubstr("other.h5"), HasSubstr("'image.channels' is missing")));
    EXPECT_THAT(error_of([] { nodes::parse_architecture("{type: gann}", "there"); }),
                AllOf(HasSubstr("there"), HasSubstr("gann")));
}

}  // namespace
