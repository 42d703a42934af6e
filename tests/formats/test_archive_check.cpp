// Every file of an archive is looked at, and what is wrong comes with a remedy.
#include "formats/archive_check.hpp"
#include "formats/archive_index.hpp"
#include "formats/digest.hpp"
#include "formats/error.hpp"
#include "formats/hdf5_file.hpp"
#include "tests/formats/scratch.hpp"

#include <gmock/gmock.h>

namespace formats {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ArchiveCheck : public testing::Test {
  protected:
    void SetUp() override {
        plan.settings = "quality=4";
        plan.model = "0123456789abcdef";
        for (const char* name : {"a", "b"}) plan.files.push_back({name, 1, std::string(64, 'a')});
        plan.shards = cut_shards(plan, 1, 1);
        write_plan(folder, plan);
        std::vector<ShardSummary> shards;
        for (size_t i = 0; i < 2; ++i) {
            ShardWriter writer({plan.shards[i].id, plan.settings, "test"});
            ArchiveEntry entry;
            entry.path = plan.files[i].path;
            entry.sha256 = plan.files[i].sha256;
            entry.size = 1;
            const std::byte data{1};
            writer.add(entry, std::span(&data, 1));
            writer.publish(shard_file(folder, plan.shard_name(i)));
            shards.push_back(check_planned_shard(folder, plan, i));
        }
        hdf5::Writer(model_file(folder, plan.model), Publish::replace).commit();
        write_index(folder, {plan}, shards);
    }

    /// What is wrong, of all files.
    std::vector<std::string> complaints() const {
        const ArchiveFiles files((Archive(folder)));
        std::vector<std::string> found;
        for (const auto* names : {&files.others(), &files.shards()})
            for (const std::string& name : *names) try {
                    files.check(name);
                } catch (const FormatError& error) {
                    found.push_back(error.what());
                }
        return found;
    }
    std::string shard(size_t i) const { return "shards/" + plan.shard_name(i) + ".h5"; }

    const Scratch scratch;
    const fs::path folder = scratch.path();
    ArchivePlan plan;
};

TEST_F(ArchiveCheck, FindsNothingWrongWithAWholeOne) {
    const ArchiveFiles files((Archive(folder)));
    EXPECT_THAT(files.others(), ElementsAre("SHA256SUMS", "index.h5", "models/0123456789abcdef.h5",
                                            "plans/0001.h5"));
    EXPECT_THAT(files.shards(), ElementsAre(shard(0), shard(1)));
    EXPECT_TRUE(files.strangers().empty());
    EXPECT_TRUE(complaints().empty());
}

TEST_F(ArchiveCheck, NamesWhatIsMissingAndHowToGetItBack) {
    const std::vector<std::pair<std::string, std::string>> remedies{
        {"SHA256SUMS", "pipeline run finalise"},
        {"index.h5", "pipeline run finalise"},
        {"plans/0001.h5", "take it from a copy"},
        {"models/0123456789abcdef.h5", "_copy.h5"},
        {shard(1), "pipeline run archive"}};
    for (const auto& [name, remedy] : remedies) {
        fs::rename(folder / name, folder / "away");
        const auto found = complaints();
        ASSERT_EQ(found.size(), 1u) << name;
        EXPECT_THAT(found[0], HasSubstr(name + ": is missing"));
        EXPECT_THAT(found[0], HasSubstr(remedy));
        fs::rename(folder / "away", folder / name);
    }
}

TEST_F(ArchiveCheck, SumsAndSignaturesWatchEachOther) {
    // A file that is whole, but not the one that was there.
    fs::copy_file(folder / shard(1), folder / "away");
    fs::copy_file(folder / shard(0), folder / shard(1), fs::copy_options::overwrite_existing);
    const auto found = complaints();
    ASSERT_EQ(found.size(), 1u);
    EXPECT_THAT(found[0], HasSubstr("whole by its own signature, but SHA256SUMS has another"));
    // Every byte of SHA256SUMS counts.
    fs::rename(folder / "away", folder / shard(1));
    EXPECT_TRUE(complaints().empty());
    const auto bytes = read_file(folder / "SHA256SUMS");
    for (size_t at = 0; at < bytes.size(); at += 5) {
        auto other = bytes;
        other[at] ^= std::byte{0x10};
        publish_bytes(folder / "SHA256SUMS", other);
        EXPECT_GE(complaints().size(), 1u) << at;
    }
}

TEST_F(ArchiveCheck, StrangersAreNamedAndFilesOfAWriterAtWorkAreNot) {
    publish_text(folder / "README", "mine");
    const Publication publication(folder / "shards" / "x.h5");
    publish_text(folder / "shards" / "y.h5", "stray");
    const ArchiveFiles files((Archive(folder)));
    EXPECT_THAT(files.strangers(), ElementsAre("README"));
    EXPECT_EQ(files.shards().size(), 3u);
    EXPECT_EQ(complaints().size(), 1u);
}

}  // namespace
}  // namespace formats
