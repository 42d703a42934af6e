#include "formats/csv.hpp"
#include "tests/nodes/small_archive.hpp"

namespace {

TEST(WriteList, WritesAndShowsARowForEach) {
    const SmallArchive archive;
    Runner runner("write_list");
    testing::internal::CaptureStdout();
    for (uint64_t id = 0; id < 4; ++id) runner.give("image", archive.listed(id)).receive();
    runner.node().finish();
    const std::string printed = testing::internal::GetCapturedStdout();
    const formats::Table table = formats::read_csv(runner.folder / "list.csv");
    EXPECT_EQ(printed, to_csv(table));
    ASSERT_EQ(table.rows.size(), 4u);
    const auto at = [&](size_t row, const char* column) {
        return table.rows[row][table.column(column)];
    };
    EXPECT_EQ(at(2, "id"), "2");
    EXPECT_EQ(at(2, "path"), "plate/2.tif");
    EXPECT_EQ(at(2, "coding"), "jpegxl");
    EXPECT_EQ(at(2, "width"), "72");
    EXPECT_EQ(at(2, "pages"), "2");
    EXPECT_EQ(at(2, "type"), "u16");
    EXPECT_EQ(at(2, "psnr"), "inf");
    EXPECT_EQ(at(3, "psnr"), "");
    EXPECT_EQ(at(3, "size"), "15");
    EXPECT_EQ(at(0, "max_error"), "40");
    const auto entry = archive.listed(0).entry;
    EXPECT_EQ(at(0, "stored_bytes"), std::to_string(entry.data.length + 7));
}

TEST(WriteList, EveryParameterChangesSomething) {
    Runner runner("write_list", "{file: mine.csv, print: false}");
    testing::internal::CaptureStdout();
    runner.node().finish();
    EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
    EXPECT_EQ(formats::read_csv(runner.folder / "mine.csv").columns.size(), 13u);
}

}  // namespace
