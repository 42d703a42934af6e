// What training starts from is a checkpoint, a frozen codec or neither; test_train.cpp has the
// node.
#include "nodes/start_from.hpp"
#include "tests/nodes/frozen_codec.hpp"

namespace {

using testing::HasSubstr;

std::unique_ptr<models::HyperpriorModel> untrained() { return models::small_hyperprior(9)->copy(); }

TEST(StartFrom, TakesAFrozenCodecByItsFileOrItsFolder) {
    const Scratch folder;
    const auto by_file = untrained(), by_folder = untrained();
    nodes::start_from(*by_file, codec_file(folder));
    nodes::start_from(*by_folder, folder.path());
    const auto expected = small_codec().frozen->analysis().model().networks().analysis.tensors();
    for (const auto* model : {by_file.get(), by_folder.get()})
        for (const auto& one : expected)
            EXPECT_EQ(models::find_tensor(model->weights(), one.name, one.tensor.dims).values,
                      one.tensor.values)
                << one.name;
}

TEST(StartFrom, SaysWhatIsNoModel) {
    const Scratch folder;
    const auto model = untrained();
    EXPECT_THAT(error_of([&] { nodes::start_from(*model, folder / "nowhere.h5"); }),
                HasSubstr("nowhere.h5"));
    const auto other = models::selected<models::Architecture>(
                           "hyperprior", {{"width", "12"}, {"latent_channels", "6"}})
                           .object()
                           ->build({1, 64, 64}, 1, {});
    const std::string file = codec_file(folder);
    EXPECT_THAT(error_of([&] { nodes::start_from(*other, file); }),
                testing::AllOf(HasSubstr(file), HasSubstr("widths differ")));
}

}  // namespace
