#include "formats/checkpoint.hpp"
#include "tests/nodes/frozen_codec.hpp"

namespace {

using testing::HasSubstr;

TEST(SaveCodec, WritesAFileThatReadsBack) {
    Runner runner("save_codec", "{file: mine.h5}");
    runner.give("codec", small_codec()).receive();
    const nodes::Codec back = nodes::load_codec(runner.folder / "mine.h5");
    EXPECT_EQ(back.digest, small_codec().digest);
    EXPECT_EQ(back.name, "small");
    EXPECT_EQ(back.about, "waves");
    EXPECT_FALSE(back.generative);
    const models::Tensor image = models::waves(64, 64, 1);
    EXPECT_EQ(back.frozen->analysis().run(image.values, 64, 64).values,
              small_codec().frozen->analysis().run(image.values, 64, 64).values);
}

TEST(SaveCodec, AFolderStandsForTheFileInIt) {
    Runner runner("save_codec");
    runner.give("codec", small_codec()).receive();
    EXPECT_EQ(nodes::load_codec(runner.folder.path()).digest, small_codec().digest);
}

TEST(SaveCodec, OtherFilesAreRefusedWithTheirName) {
    const Scratch folder;
    const auto load = [&](const char* file) {
        return error_of([&] { nodes::load_codec(folder / file); });
    };
    EXPECT_THAT(load("none.h5"), HasSubstr("none.h5"));
    formats::write_checkpoint(folder / "other.h5", {{"model", "{type: gan}"}}, {}, {});
    EXPECT_THAT(load("other.h5"),
                testing::AllOf(HasSubstr("other.h5"), HasSubstr("pipeline run freeze")));
    codec_file(folder);
    formats::Checkpoint stored = formats::read_checkpoint(folder / "codec.h5");
    auto damaged = stored;
    damaged.text["codec"] = "2";
    write_checkpoint(folder / "newer.h5", damaged);
    EXPECT_THAT(load("newer.h5"), HasSubstr("version 2"));
    damaged = stored;
    damaged.text["model"] = "{type: convolutional}";
    write_checkpoint(folder / "wrong.h5", damaged);
    EXPECT_THAT(load("wrong.h5"), HasSubstr("wrong.h5"));
    for (size_t i = 0; i < stored.integers.size(); ++i) {
        damaged = stored;
        damaged.integers.erase(damaged.integers.begin() + static_cast<std::ptrdiff_t>(i));
        write_checkpoint(folder / "missing.h5", damaged);
        EXPECT_THAT(load("missing.h5"), HasSubstr("missing.h5")) << stored.integers[i].name;
    }
}

}  // namespace
