#include "tests/nodes/runner.hpp"

#include <fstream>
#include <sstream>

namespace {

using nodes::Metrics;
using ::testing::HasSubstr;

TEST(WriteTable, ShowsTheLastFiguresOfEachModel) {
    Runner runner("write_table", "{file: t.md}");
    runner
        .give("metrics", Metrics{{1, "a", "train", "seconds", 2}, {2, "a", "train", "seconds", 4}})
        .receive();
    runner
        .give("metrics", Metrics{{2, "a", "train", "mse", 0.002},
                                 {2, "a", "test", "mse", 0.003},
                                 {2, "a", "test", "psnr", 25},
                                 {2, "a", "test", "ssim", 0.75},
                                 {2, "a", "test", "bits_per_pixel", 0.5},
                                 {2, "a", "test", "coded_bits_per_pixel", 0.25},
                                 {1, "a", "test", "mse", 9}})
        .receive();
    runner.give("metrics", Metrics{{1, "b", "train", "mse", 0.5}}).receive();
    testing::internal::CaptureStdout();
    runner.node().finish();
    const std::string shown = testing::internal::GetCapturedStdout();
    EXPECT_THAT(shown, HasSubstr("| a | 0.00200 | 0.00300 | 1.50 | | 25.00 | | 0.750 | 0.500 | "
                                 "0.250 | 3.00 |\n"));
    EXPECT_THAT(shown, HasSubstr("| b | 0.50000 | | | | | | | | | |\n"));
    std::ostringstream text;
    text << std::ifstream(runner.folder / "t.md").rdbuf();
    EXPECT_EQ(text.str(), shown);
}

TEST(WriteTable, IsQuietOnRequest) {
    Runner runner("write_table", "{print: false}");
    testing::internal::CaptureStdout();
    runner.node().finish();
    EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
    EXPECT_TRUE(std::filesystem::exists(runner.folder / "table.md"));
}

}  // namespace
