#include "formats/tiff_writer.hpp"
#include "tests/nodes/runner.hpp"
#include "tests/shared_data.hpp"

namespace {

using ::testing::HasSubstr;

class ReadTiff : public ::testing::Test {
  protected:
    nodes::File file() const { return {(folder_ / "a.tif").string(), "train"}; }
    std::vector<std::shared_ptr<const formats::Image>> read(const std::string& params) {
        Runner runner("read_tiff", params);
        runner.give("file", file()).receive();
        return runner.take<formats::Image>("image");
    }
    Scratch folder_;
};

TEST_F(ReadTiff, GivesThePagesThatAreAskedFor) {
    const std::vector<formats::Image> pages{ramp(4, 3), ramp(5, 2)};
    formats::write_tiff(file().path, pages);
    const auto first = read("{}");
    ASSERT_EQ(first.size(), 1u);
    EXPECT_EQ(first[0]->width, 4);
    EXPECT_EQ(first[0]->path, file().path);
    EXPECT_EQ(first[0]->sha256.size(), 64u);
    const auto all = read("{pages: all}");
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all[1]->width, 5);
    EXPECT_EQ(all[1]->page, 1);
    EXPECT_NE(error_of([&] { read("{pages: all, max_pages: 1}"); }), "");
}

TEST_F(ReadTiff, TreatsColourAsAsked) {
    formats::Image image = ramp(4, 4);
    image.channels = 3;
    image.samples.resize(48, 0.5f);
    formats::write_tiff(file().path, image);
    EXPECT_NE(error_of([&] { read("{}"); }), "");
    EXPECT_EQ(read("{colour: luminance}")[0]->channels, 1);
    EXPECT_EQ(read("{colour: keep}")[0]->channels, 3);
    EXPECT_NE(error_of([&] { read("{colour: keep, max_samples: 47}"); }), "");
    EXPECT_EQ(Runner("read_tiff").shapes({{}}).at(0)[0], 1);
    EXPECT_EQ(Runner("read_tiff", "{colour: keep}").shapes({{}}).at(0)[0], -1);
}

TEST_F(ReadTiff, RefusesBombs) {
    formats::write_tiff(file().path, make_image(12000, 12000, std::vector<float>(144000000, 0.0f)),
                        {.compression = formats::TiffCompression::deflate});
    EXPECT_EQ(error_of([&] { read("{}"); }), "");  // a ratio of about 1000 is still believed
    EXPECT_NE(error_of([&] { read("{max_ratio: 100}"); }), "");
}

TEST_F(ReadTiff, NamesTheFileThatFails) {
    EXPECT_THAT(error_of([&] { read("{}"); }), HasSubstr("a.tif"));
}

TEST(ReadTiffShared, ReadsBbbc016) {
    NEEDS_SHARED_DATA("bbbc016");
    Runner runner("read_tiff");
    runner
        .give("file",
              nodes::File{
                  (shared_data() / "bbbc016" / "AS_09047_050428030001_O01f00d2.TIF").string(), ""})
        .receive();
    const auto image = runner.take<formats::Image>("image").at(0);
    EXPECT_EQ(image->width, 512);
    EXPECT_EQ(image->channels, 1);
}

}  // namespace
