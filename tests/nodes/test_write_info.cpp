#include "tests/nodes/small_archive.hpp"

namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

std::string info(const SmallArchive& archive, const std::string& more = "") {
    Runner runner("write_info", archive.params(more));
    for (uint64_t id = 0; id < 4; ++id) runner.give("image", archive.listed(id)).receive();
    testing::internal::CaptureStdout();
    runner.node().finish();
    const std::string printed = testing::internal::GetCapturedStdout();
    const auto file = runner.folder / (more.empty() ? "info.txt" : "mine.txt");
    const auto bytes = file_bytes(file);
    const std::string written(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    EXPECT_EQ(printed, more.empty() ? written : "");
    return written;
}

TEST(WriteInfo, SaysWhatIsThereAndHowItWasMade) {
    const SmallArchive archive("plate7/");
    uint64_t original = 0, stored = 0;
    for (uint64_t id = 0; id < 4; ++id) {
        original += archive.listed(id).entry.size;
        stored += archive.listed(id).entry.data.length;
    }
    const std::string text = info(archive);
    EXPECT_THAT(text,
                HasSubstr(fmt::format("all: 4 images, {} bytes kept in {} (", original, stored)));
    EXPECT_THAT(text, HasSubstr("stream: 2 images"));
    EXPECT_THAT(text, HasSubstr("jpegxl: 1 image,"));
    EXPECT_THAT(text, HasSubstr("original: 1 image, 15 bytes kept in 15 (1.00 : 1)\n"));
    EXPECT_THAT(text, HasSubstr("largest error 40 grey levels, and 14 bytes of latents"));
    EXPECT_THAT(text, HasSubstr("plan 1: 4 images of " + archive.input().string() +
                                " as plate7/; settings quality=1; model " + archive.plans[0].model +
                                "; made by latentflow 0\n"));
    EXPECT_THAT(text, HasSubstr("on disk: "));
    EXPECT_EQ(info(archive, ", file: mine.txt, print: false"), text);
    flip(formats::plan_file(archive.path(), 1), 600);
    EXPECT_THAT(info(archive), HasSubstr("plan 1: 4 images; "));
}

}  // namespace
