#include "tests/nodes/frames.hpp"

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

nodes::EncodedFrame stream_of(const std::string& path, size_t size = 5) {
    return {std::vector<std::byte>(size, std::byte{7}), path};
}

TEST(WriteStream, WritesTheBytesUnderTheNameOfTheFrame) {
    Runner runner("write_stream");
    runner.give("stream", stream_of("/data/cell.v2.ome.tif")).receive();
    runner.give("stream", stream_of("/data/empty.tiff", 0)).receive();
    EXPECT_THAT(names_in(runner.folder / "streams"), ElementsAre("cell.v2.ome.lfs", "empty.lfs"));
    EXPECT_EQ(file_bytes(runner.folder / "streams" / "cell.v2.ome.lfs"), stream_of("").bytes);
}

TEST(WriteStream, NamesAreDistinct) {
    Runner runner("write_stream");
    runner.give("stream", stream_of("x/a.tif", 1)).receive();
    runner.give("stream", stream_of("y/a.tif", 2)).receive();
    EXPECT_EQ(file_bytes(runner.folder / "streams" / "a.lfs").size(), 1u);
    EXPECT_EQ(file_bytes(runner.folder / "streams" / "a_2.lfs").size(), 2u);
}

TEST(WriteStream, NeverWritesBesideOriginals) {
    Scratch data;
    const std::string original = (data / "a.tif").string();
    std::ofstream(original) << "precious";
    Runner beside("write_stream", "{folder: " + data.path().string() + "}");
    EXPECT_THAT(error_of([&] { beside.give("stream", stream_of(original)).receive(); }),
                HasSubstr("write_stream: the originals are in "));
    EXPECT_THAT(names_in(data.path()), ElementsAre("a.tif"));
}

TEST(WriteStream, EveryParameterChangesSomething) {
    Runner own("write_stream", "{folder: mine}");
    own.give("stream", stream_of("a.tif")).receive();
    EXPECT_THAT(names_in(own.folder / "mine"), ElementsAre("a.lfs"));

    Scratch here;
    within(here.path(), [] {
        Runner runner("write_stream", "{folder: out, within: working_folder}");
        runner.give("stream", stream_of("a.tif")).receive();
    });
    EXPECT_THAT(names_in(here / "out"), ElementsAre("a.lfs"));
}

}  // namespace
