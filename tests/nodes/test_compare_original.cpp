#include "tests/nodes/small_archive.hpp"

namespace {

namespace fs = std::filesystem;
using nodes::RestoredImage;
using nodes::VerifiedImage;
using Original = VerifiedImage::Original;

Original compare(const SmallArchive& archive, uint64_t id, const fs::path& against) {
    RestoredImage image;
    image.id = id;
    image.entry = archive.listed(id).entry;
    image.shard = archive.listed(id).shard;
    image.shard_is_whole = true;
    Runner runner("compare_original", archive.params(", against: '" + against.string() + "'"));
    const auto verified = runner.map<RestoredImage, VerifiedImage>("restored", image, "verified");
    EXPECT_EQ(verified.id, id);
    EXPECT_EQ(verified.path, image.entry.path);
    EXPECT_TRUE(verified.shard_is_whole);
    return verified.original;
}

TEST(CompareOriginal, KnowsWhatIsStillTheSame) {
    const SmallArchive archive("plate7/");  // which is not part of where they are
    const auto state = [&](uint64_t id) { return compare(archive, id, archive.input()); };
    for (const uint64_t id : {0, 1, 2, 3}) EXPECT_EQ(state(id), Original::same);
    flip(archive.input() / SmallArchive::file(0), 200);
    EXPECT_EQ(state(0), Original::changed);
    formats::publish_text(archive.input() / SmallArchive::file(3), "notes, no image, and more");
    EXPECT_EQ(state(3), Original::changed);
    fs::rename(archive.input() / SmallArchive::file(1), archive.scratch / "away");
    EXPECT_EQ(state(1), Original::missing);
    fs::create_symlink(archive.scratch / "away", archive.input() / SmallArchive::file(1));
    EXPECT_EQ(state(1), Original::missing);  // a link is not the file
    EXPECT_EQ(compare(archive, 2, ""), Original::unknown);
    flip(formats::plan_file(archive.path(), 1), 600);
    EXPECT_EQ(state(2), Original::unknown);
}

TEST(CompareOriginal, NeedsAFolder) {
    const SmallArchive archive;
    EXPECT_THAT(error_of([&] { compare(archive, 0, archive.scratch / "none"); }),
                testing::HasSubstr("'against': there is no folder"));
}

}  // namespace
