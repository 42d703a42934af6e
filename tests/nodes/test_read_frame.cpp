#include "formats/tiff_writer.hpp"
#include "tests/nodes/frames.hpp"

namespace {

using ::testing::HasSubstr;

class ReadFrame : public ::testing::Test {
  protected:
    formats::Frame read(const std::string& params = "{}") {
        return Runner("read_frame", params)
            .map<nodes::File, formats::Frame>("file", {path_, "train"}, "frame");
    }
    Scratch folder_;
    const std::string path_ = (folder_ / "a.tif").string();
};

TEST_F(ReadFrame, GivesAllPagesAndTags) {
    const auto wanted = make_frame(path_, 3);
    formats::write_tiff(path_, wanted);
    const auto frame = read();
    ASSERT_EQ(frame.pages.size(), 3u);
    EXPECT_EQ(frame.pages[2].samples, wanted.pages[2].samples);
    EXPECT_EQ(frame.pages[2].page, 2);
    EXPECT_EQ(frame.tags, wanted.tags);
    EXPECT_EQ(frame.path(), path_);
}

TEST_F(ReadFrame, EveryParameterChangesSomething) {
    formats::Image image = ramp(4, 4);
    image.channels = 3;
    image.samples.resize(48, 0.5f);
    formats::write_tiff(path_, std::vector<formats::Image>(2, image));
    EXPECT_EQ(read().pages[0].channels, 3);
    EXPECT_EQ(read("{colour: luminance}").pages[0].channels, 1);
    EXPECT_THAT(error_of([&] { read("{colour: refuse}"); }), HasSubstr("grey was asked for"));
    EXPECT_EQ(error_of([&] { read("{max_samples: 96}"); }), "");
    EXPECT_THAT(error_of([&] { read("{max_samples: 95}"); }), HasSubstr("limit of 95 samples"));
    EXPECT_THAT(error_of([&] { read("{max_pages: 1}"); }), HasSubstr("more than 1 pages"));
}

TEST_F(ReadFrame, RefusesBombs) {
    formats::write_tiff(path_, make_image(9000, 9000, std::vector<float>(81000000, 0.0f)),
                        {.compression = formats::TiffCompression::deflate});
    EXPECT_THAT(error_of([&] { read("{max_ratio: 100}"); }), HasSubstr("limit of 100 times"));
}

TEST_F(ReadFrame, NamesTheFileAndPageThatFail) {
    EXPECT_THAT(error_of([&] { read(); }), HasSubstr(path_));
    formats::write_tiff(path_, std::vector<formats::Image>{ramp(4, 3), ramp(5, 2)});
    EXPECT_THAT(error_of([&] { read(); }), HasSubstr(path_ + ": page 1: "));
}

}  // namespace
