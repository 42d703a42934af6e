#include "nodes/checkpoint_model.hpp"
#include "tests/nodes/frozen_codec.hpp"

namespace {

using nodes::Codec;
using testing::HasSubstr;

const char* const architecture =
    "{type: hyperprior, width: 8, latent_channels: 6, qualities: 3, most_lambda: 100}";

std::string checkpoint(const Scratch& folder, const std::string& model = architecture) {
    nodes::Snapshot snapshot;
    snapshot.name = "hyperprior";
    snapshot.architecture = model;
    snapshot.image = {1, 64, 64};
    const auto built = nodes::parse_architecture(model, "test")->build(snapshot.image, 5, {});
    snapshot.state = built->state();
    write_snapshot(folder / "checkpoint.h5", snapshot);
    return (folder / "checkpoint.h5").string();
}

std::shared_ptr<const Codec> freeze(const std::string& options, int images = 2) {
    const Scratch folder;
    const std::string usual =
        options.find("classes") == std::string::npos ? ", classes: 4, tables: 8, rounds: 2" : "";
    Runner runner("freeze", "{checkpoint: " + checkpoint(folder) + usual + options + "}");
    runner.in_pass(0, graph::Purpose::train, "all", false, static_cast<size_t>(images));
    const formats::Frame frame = wave_frame(80, 64, 1, images);
    for (const formats::Image& page : frame.pages) runner.give("image", page).receive();
    EXPECT_TRUE(runner.sent.empty());
    runner.end();
    return runner.take<Codec>("codec").at(0);
}

TEST(Freeze, MakesACodec) {
    const auto codec = freeze(", about: of waves");
    EXPECT_EQ(codec->name, "hyperprior");
    EXPECT_EQ(codec->about, "of waves");
    EXPECT_THAT(codec->architecture, HasSubstr("latent_channels: 6"));
    EXPECT_FALSE(codec->generative);
    EXPECT_EQ(codec->digest, nodes::codec_digest(*codec->frozen));
    EXPECT_EQ(codec->digest, freeze("")->digest);  // the same from the same images
}

TEST(Freeze, OptionsChangeTheCodec) {
    const auto usual = freeze("")->digest;
    for (const char* option :
         {", margin: 2", ", calibration_images: 1", ", classes: 3, tables: 8, rounds: 2",
          ", classes: 4, tables: 7, rounds: 2", ", classes: 4, tables: 8, rounds: 1"})
        EXPECT_NE(freeze(option)->digest, usual) << option;
    EXPECT_EQ(freeze(", classes: 4, tables: 8, rounds: 2")->digest, usual);
    EXPECT_TRUE(freeze(", generative: true")->generative);
    EXPECT_EQ(freeze(", name: mine")->name, "mine");
}

TEST(Freeze, GivesTheSameInEveryEpoch) {
    const Scratch folder;
    Runner runner("freeze",
                  "{checkpoint: " + checkpoint(folder) + ", classes: 4, tables: 8, rounds: 2}");
    for (int epoch = 0; epoch < 2; ++epoch) {
        runner.in_pass(epoch, graph::Purpose::train, "all");
        runner.give("image", wave_frame(80, 64).pages[0]).receive();
        runner.end();
    }
    const auto sent = runner.take<Codec>("codec");
    ASSERT_EQ(sent.size(), 2U);
    EXPECT_EQ(sent[0]->digest, sent[1]->digest);
}

TEST(Freeze, RefusesOtherModelsAndColour) {
    const Scratch folder;
    const std::string file = checkpoint(folder, small_model);
    EXPECT_THAT(error_of([&] { Runner("freeze", "{checkpoint: " + file + "}"); }),
                HasSubstr("is no codec; train one with"));
    Runner runner("freeze", "{checkpoint: " + checkpoint(folder) + "}");
    runner.give("image", wave_frame(80, 64, 3).pages[0]);
    EXPECT_THAT(error_of([&] { runner.receive(); }), HasSubstr("this image has 3"));
}

}  // namespace
