#include "formats/csv.hpp"
#include "nodes/coded_image.hpp"
#include "tests/nodes/runner.hpp"

namespace {

nodes::StreamScore score(const std::string& codec, const std::string& path, double setting) {
    nodes::StreamScore row;
    row.codec = codec;
    row.path = path;
    row.setting = setting;
    row.bytes = 1000;
    row.bits_per_pixel = 0.25;
    row.psnr = 33.5;
    row.ssim = 0.75;
    row.ms_ssim = 0.875;
    row.max_error = 9;
    row.encode_mb_s = 1.23456;
    row.decode_mb_s = 20;
    return row;
}

TEST(WriteCodecs, IsSortedAndNamesImagesFromTheirCommonFolder) {
    Runner runner("write_codecs", "{file: c.csv}");
    runner
        .give(
            "scores",
            nodes::CodecScores{
                "webp", {score("webp", "/x/d/a/1.tif", 10), score("webp", "/x/d/a/1.tif", 2)}, {}})
        .receive();
    runner
        .give("scores",
              nodes::CodecScores{
                  "jpeg", {score("jpeg", "/x/d/b.tif", 5), score("jpeg", "/x/d/a/1.tif", 5)}, {}})
        .receive();
    runner.node().finish();
    const auto table = formats::read_csv(runner.folder / "c.csv");
    EXPECT_THAT(table.columns,
                testing::ElementsAre("codec", "setting", "image", "bytes", "bpp", "psnr", "ssim",
                                     "ms_ssim", "max_error", "encode_mb_s", "decode_mb_s"));
    ASSERT_EQ(table.rows.size(), 4u);
    EXPECT_THAT(table.rows[0], testing::ElementsAre("jpeg", "5", "a/1.tif", "1000", "0.25", "33.5",
                                                    "0.75", "0.875", "9", "1.235", "20.000"));
    EXPECT_EQ(table.rows[1][2], "b.tif");
    EXPECT_EQ(table.rows[2][1], "2");
    EXPECT_EQ(table.rows[3][1], "10");
}

TEST(WriteCodecs, TellsPagesApart) {
    Runner runner("write_codecs");
    auto second = score("jpeg", "d/a.tif", 5);
    second.page = 1;
    runner.give("scores", nodes::CodecScores{"jpeg", {score("jpeg", "d/a.tif", 5), second}, {}})
        .receive();
    runner.node().finish();
    const auto table = formats::read_csv(runner.folder / "codecs.csv");
    ASSERT_EQ(table.rows.size(), 2u);
    EXPECT_EQ(table.rows[0][2], "a.tif");
    EXPECT_EQ(table.rows[1][2], "a.tif#2");
}

}  // namespace
