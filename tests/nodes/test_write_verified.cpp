#include "formats/csv.hpp"
#include "tests/nodes/small_archive.hpp"

namespace {

namespace fs = std::filesystem;
using nodes::VerifiedImage;
using Original = VerifiedImage::Original;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Verdict {
    formats::Table table, kept;
    std::vector<std::string> deletable;
    std::string printed;

    std::string at(size_t row, const std::string& column) const {
        return table.rows.at(row).at(table.column(column));
    }
};

std::vector<std::string> split(const std::vector<std::byte>& bytes) {
    std::vector<std::string> parts(1);
    for (const std::byte byte : bytes)
        if (byte == std::byte{0})
            parts.emplace_back();
        else
            parts.back() += static_cast<char>(byte);
    EXPECT_EQ(parts.back(), "");
    parts.pop_back();
    return parts;
}

Verdict verdict(const SmallArchive& archive, const std::vector<VerifiedImage>& images,
                bool against = true) {
    Runner runner("write_verified",
                  archive.params(against ? ", against: " + archive.input().string() : ""));
    for (const VerifiedImage& image : images) runner.give("verified", image).receive();
    testing::internal::CaptureStdout();
    runner.node().finish();
    Verdict result;
    result.printed = testing::internal::GetCapturedStdout();
    result.table = formats::read_csv(runner.folder / "verified.csv");
    EXPECT_EQ(fs::exists(runner.folder / "deletable.txt"), against);
    if (!against) return result;
    result.kept = formats::read_csv(runner.folder / "kept.csv");
    result.deletable = split(file_bytes(runner.folder / "deletable.txt"));
    return result;
}

std::vector<VerifiedImage> all(const SmallArchive& archive) {
    std::vector<VerifiedImage> images;
    for (uint64_t id = 0; id < 4; ++id)
        images.push_back({id, archive.listed(id).entry.path, Original::same, true});
    return images;
}

TEST(WriteVerified, AllMayBeDeletedIfAllIsWell) {
    const SmallArchive archive("plate7/");
    const Verdict result = verdict(archive, all(archive));
    EXPECT_THAT(result.printed, HasSubstr("4 of 4 images are verified"));
    EXPECT_THAT(result.printed, HasSubstr("4 of 4 files in "));
    EXPECT_EQ(result.at(2, "path"), "plate7/plate/2.tif");
    EXPECT_EQ(result.at(2, "coding"), "jpegxl");
    EXPECT_EQ(result.at(2, "state"), "verified");
    EXPECT_EQ(result.at(2, "may_be_deleted"), "yes");
    ASSERT_EQ(result.deletable.size(), 4u);
    for (const std::string& file : result.deletable) EXPECT_TRUE(fs::exists(file)) << file;
    EXPECT_THAT(result.kept.rows, IsEmpty());
    const Verdict alone = verdict(archive, all(archive), false);
    EXPECT_EQ(alone.at(0, "state"), "verified");
    EXPECT_EQ(alone.at(0, "may_be_deleted"), "");
}

TEST(WriteVerified, SaysWhyAnOriginalIsToBeKept) {
    const SmallArchive archive;
    auto images = all(archive);
    images[0].shard_is_whole = false;
    images[2].original = Original::changed;
    images.erase(images.begin() + 1);  // damaged: it never came
    formats::publish_text(archive.input() / "new\nname.tif", "of today");
    const Verdict result = verdict(archive, images);
    EXPECT_EQ(result.at(1, "state"), "not verified");
    EXPECT_EQ(result.at(1, "may_be_deleted"), "no");
    EXPECT_EQ(result.at(2, "original"), "changed");
    EXPECT_THAT(result.deletable, ElementsAre(HasSubstr("/in/notes.txt")));
    EXPECT_THAT(result.kept.rows,
                ElementsAre(ElementsAre("new\nname.tif", "not in the archive"),
                            ElementsAre("plate/0.tif", "the shard that it is in is damaged"),
                            ElementsAre("plate/1.tif", "its stored form is not verified"),
                            ElementsAre("plate/2.tif", "changed since it was archived")));
}

TEST(WriteVerified, NothingMayBeDeletedWhileTheArchiveIsNotWhole) {
    const SmallArchive archive;
    const auto nothing = [&] {
        const Verdict result = verdict(archive, all(archive));
        EXPECT_THAT(result.deletable, IsEmpty());
        EXPECT_EQ(result.kept.rows.size(), 4u);
        EXPECT_EQ(result.at(0, "may_be_deleted"), "no");
        EXPECT_THAT(result.printed, HasSubstr("none may be deleted yet"));
    };
    for (const fs::path& file : {formats::index_file(archive.path()), archive.path() / "SHA256SUMS",
                                 formats::plan_file(archive.path(), 1),
                                 formats::model_file(archive.path(), archive.plans[0].model)}) {
        flip(file, 10);
        nothing();
        flip(file, 10);
        fs::rename(file, archive.scratch / "away");
        nothing();
        fs::rename(archive.scratch / "away", file);
    }
    EXPECT_EQ(verdict(archive, all(archive)).deletable.size(), 4u);
}

TEST(WriteVerified, FilesOfOnePathInTwoPlansAreToldApart) {
    SmallArchive archive;
    archive.add_plan("again/");
    archive.finalise();
    auto images = all(archive);
    for (uint64_t id = 0; id < 4; ++id)
        images.push_back({id + 4, archive.listed(id + 4).entry.path, Original::changed, true});
    EXPECT_EQ(verdict(archive, images).deletable.size(), 4u);
    Runner quiet("write_verified", archive.params(", print: false"));
    testing::internal::CaptureStdout();
    quiet.node().finish();
    EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
}

}  // namespace
