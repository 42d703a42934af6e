#include "formats/tiff_frame.hpp"
#include "tests/nodes/frames.hpp"

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(WriteFrame, WritesPagesAndTagsUnderTheNameOfTheStream) {
    Runner runner("write_frame");
    const auto frame = make_frame("/archive/cell.v2.lfs", 3);
    runner.give("frame", frame).receive();
    EXPECT_THAT(names_in(runner.folder / "frames"), ElementsAre("cell.v2.tif"));
    const auto back = formats::read_tiff_frame(runner.folder / "frames" / "cell.v2.tif");
    ASSERT_EQ(back.pages.size(), 3u);
    EXPECT_EQ(back.pages[2].samples, frame.pages[2].samples);
    EXPECT_EQ(back.pages[2].type, formats::SampleType::u8);
    EXPECT_EQ(back.tags, frame.tags);
}

TEST(WriteFrame, NamesAreDistinctAndTheSameInLaterPasses) {
    Runner runner("write_frame");
    for (int epoch = 0; epoch < 2; ++epoch) {
        runner.in_pass(epoch, graph::Purpose::train, "all");
        for (const char* path : {"x/a.lfs", "y/a.lfs", "b.lfs"})
            runner.give("frame", make_frame(path)).receive();
    }
    EXPECT_THAT(names_in(runner.folder / "frames"), ElementsAre("a.tif", "a_2.tif", "b.tif"));
}

TEST(WriteFrame, NeverWritesOverOriginals) {
    Scratch data;
    const std::string original = (data / "a.tif").string();
    std::ofstream(original) << "precious";
    Runner over("write_frame", "{folder: " + data.path().string() + "}");
    EXPECT_THAT(error_of([&] { over.give("frame", make_frame(original)).receive(); }),
                HasSubstr("write_frame: the originals are in "));
    EXPECT_EQ(file_bytes(original).size(), 8u);
}

TEST(WriteFrame, ReplacesOtherContentOnlyIfAsked) {
    const Scratch data;
    const std::string folder = "{folder: " + data.path().string();
    Runner first("write_frame", folder + "}");
    first.give("frame", make_frame("/archive/a.lfs", 1)).receive();
    const auto before = file_bytes(data / "a.tif");
    Runner again("write_frame", folder + "}");
    again.give("frame", make_frame("/archive/a.lfs", 1)).receive();  // the same is no error
    Runner other("write_frame", folder + "}");
    other.give("frame", make_frame("/archive/a.lfs", 2));
    EXPECT_THAT(error_of([&] { other.receive(); }), HasSubstr("is there already"));
    EXPECT_EQ(file_bytes(data / "a.tif"), before);
    Runner over("write_frame", folder + ", overwrite: true}");
    over.give("frame", make_frame("/archive/a.lfs", 2)).receive();
    EXPECT_NE(file_bytes(data / "a.tif"), before);
}

TEST(WriteFrame, EveryParameterChangesSomething) {
    auto size = [](const std::string& compression) {
        Runner runner("write_frame", "{folder: mine, compression: " + compression + "}");
        runner.give("frame", make_frame("a.lfs")).receive();
        return std::filesystem::file_size(runner.folder / "mine" / "a.tif");
    };
    EXPECT_EQ(std::set({size("none"), size("deflate"), size("lzw"), size("zstd")}).size(), 4u);

    Scratch here;
    within(here.path(), [] {
        Runner runner("write_frame", "{folder: out, within: working_folder}");
        runner.give("frame", make_frame("a.lfs")).receive();
    });
    EXPECT_THAT(names_in(here / "out"), ElementsAre("a.tif"));
}

}  // namespace
