#include "formats/archive.hpp"
#include "nodes/finalise.hpp"
#include "tests/nodes/archives.hpp"

namespace {

namespace fs = std::filesystem;
using nodes::EncodedImage;
using nodes::IncompleteError;
using ::testing::AllOf;
using ::testing::HasSubstr;

class WriteShards : public ::testing::Test {
  protected:
    WriteShards() {
        for (const char* name : {"a", "b", "c", "d", "e"}) write_file(folder_ / "in" / name, name);
        plan_ = plan_of(folder_ / "in", {"a", "b", "c", "d", "e"});
        formats::write_plan(archive_, *plan_);
    }
    /// Gives it all files but those, as if they could not be read.
    std::unique_ptr<Runner> write(const std::set<size_t>& lost = {}, const std::string& more = "") {
        auto runner =
            std::make_unique<Runner>("write_shards", "{archive: " + archive_.string() + more + "}");
        runner->in_pass(0, graph::Purpose::train, "all", true, plan_->files.size());
        for (size_t i = 0; i < plan_->files.size(); ++i)
            if (!lost.contains(i)) runner->give("encoded", encoded_of(plan_, i)).receive();
        runner->end();
        return runner;
    }
    bool is_whole(size_t shard) const {
        return error_of([&] { formats::check_planned_shard(archive_, *plan_, shard); }).empty();
    }
    bool has_index() const { return fs::exists(formats::index_file(archive_)); }
    fs::path shard(size_t i) const { return formats::shard_file(archive_, plan_->shard_name(i)); }

    Scratch folder_;
    const fs::path archive_ = folder_ / "archive";
    const Environment alone_{{}};
    std::shared_ptr<const formats::ArchivePlan> plan_;
};

TEST_F(WriteShards, EachIsThereWholeWithItsLastImage) {
    Runner runner("write_shards", "{archive: " + archive_.string() + "}");
    runner.give("encoded", encoded_of(plan_, 0)).receive();
    EXPECT_TRUE(fs::is_empty(archive_ / "shards"));
    runner.give("encoded", encoded_of(plan_, 1)).receive();
    EXPECT_TRUE(is_whole(0));
    EXPECT_EQ(names_in(archive_ / "shards").size(), 1u);
    const auto entries = formats::read_shard_entries(shard(0));
    EXPECT_EQ(entries.at(1).path, "b");
}

TEST_F(WriteShards, AloneItEndsWithTheIndex) {
    const auto runner = write();
    EXPECT_FALSE(has_index());
    runner->node().finish();
    const formats::Archive archive(archive_);
    EXPECT_TRUE(archive.complaints().empty());
    ASSERT_EQ(archive.size(), 5u);
    const auto& last = archive.shards().back();
    const auto entries = archive.entries(last);
    EXPECT_EQ(archive.read(last, entries[0], entries[0].data), bytes_of("e"));
    EXPECT_TRUE(fs::exists(archive_ / "SHA256SUMS"));
}

TEST_F(WriteShards, AmongOthersOrOnRequestItLeavesTheIndex) {
    write({}, ", finalise: false")->node().finish();
    EXPECT_FALSE(has_index());
    fs::remove_all(archive_ / "shards");
    fs::create_directory(archive_ / "shards");
    const auto environment = array_task(1, 3);
    write()->node().finish();
    EXPECT_TRUE(is_whole(2));
    EXPECT_FALSE(has_index());
}

TEST_F(WriteShards, AMissingImageCostsItsShardAlone) {
    const auto runner = write({2});
    EXPECT_TRUE(is_whole(0));
    EXPECT_FALSE(fs::exists(shard(1)));
    EXPECT_TRUE(is_whole(2));
    EXPECT_THAT([&] { runner->node().finish(); },
                testing::ThrowsMessage<IncompleteError>(
                    AllOf(HasSubstr("1 of 3 shards"), HasSubstr("run archive` again"),
                          HasSubstr(plan_->shard_name(1) + ": c could not be read"))));
    EXPECT_FALSE(has_index());
    write()->node().finish();
    EXPECT_TRUE(has_index());
}

TEST_F(WriteShards, AShardOfWhichNothingCameIsMissedByEveryProcess) {
    EXPECT_THROW(write({2, 3})->node().finish(), IncompleteError);
    const auto environment = array_task(1, 3);
    EXPECT_THAT(
        [&] {
            write({2, 3})->node().finish();
        },
        testing::ThrowsMessage<IncompleteError>(HasSubstr("2 files could not be read")));
    EXPECT_THROW(write({4})->node().finish(), IncompleteError);
    EXPECT_THROW(write({0, 1, 2, 3, 4})->node().finish(), IncompleteError);
}

TEST_F(WriteShards, TheFirstToPublishWins) {
    formats::ShardWriter other({"", "", "another program"});
    for (size_t i : {0, 1}) other.add(encoded_of(plan_, i).entry, encoded_of(plan_, i).data);
    ASSERT_TRUE(other.publish(shard(0)));
    const auto before = file_bytes(shard(0));
    const auto runner = write();
    EXPECT_EQ(file_bytes(shard(0)), before);
    EXPECT_THAT(runner->warnings,
                testing::ElementsAre(HasSubstr("another process was first; its work stays")));
    runner->node().finish();
    EXPECT_TRUE(has_index());
}

TEST_F(WriteShards, WhatIsNoShardIsNotTakenForAnothersWork) {
    write_file(shard(0), "damaged");
    const auto runner = write();
    EXPECT_TRUE(is_whole(1));
    EXPECT_TRUE(is_whole(2));
    EXPECT_THAT([&] { runner->node().finish(); },
                testing::ThrowsMessage<IncompleteError>(HasSubstr(shard(0).string())));
    EXPECT_FALSE(has_index());
}

TEST_F(WriteShards, ADamagedOneIsNotIndexed) {
    const auto runner = write();
    damage(shard(1));
    EXPECT_THAT([&] { runner->node().finish(); },
                testing::ThrowsMessage<IncompleteError>(HasSubstr(shard(1).string())));
    EXPECT_FALSE(has_index());
}

TEST_F(WriteShards, EqualImagesAreEqualBytes) {
    write()->node().finish();
    const auto before = contents(archive_);
    fs::remove_all(archive_ / "shards");
    fs::create_directory(archive_ / "shards");
    write()->node().finish();
    EXPECT_EQ(contents(archive_), before);
}

TEST_F(WriteShards, NeedsAnArchive) {
    EXPECT_THAT(error_of([&] { Runner("write_shards"); }), HasSubstr("'archive'"));
}

}  // namespace
