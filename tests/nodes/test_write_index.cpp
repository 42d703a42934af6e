#include "formats/archive.hpp"
#include "formats/error.hpp"
#include "formats/publish.hpp"
#include "nodes/finalise.hpp"
#include "tests/nodes/archives.hpp"

#include <sys/wait.h>
#include <unistd.h>

namespace {

namespace fs = std::filesystem;
using nodes::IncompleteError;
using ::testing::AllOf;
using ::testing::HasSubstr;

class WriteIndex : public ::testing::Test {
  protected:
    WriteIndex() {
        for (const char* name : {"a", "b", "c"}) write_file(folder_ / "in" / name, name);
        plans_ = {plan_of(folder_ / "in", {"a", "b", "c"}),
                  plan_of(folder_ / "in", {"c"}, 2, "more/", 2)};
        for (const auto& plan : plans_) {
            formats::write_plan(archive_, *plan);
            for (size_t i = 0; i < plan->shards.size(); ++i) write_shard(archive_, plan, i);
        }
    }
    /// Gives it the summaries of all shards but those, and lets it finish.
    void write(const std::set<size_t>& lost = {}) {
        Runner runner("write_index", "{archive: " + archive_.string() + "}");
        size_t number = 0;
        for (const auto& plan : plans_)
            for (size_t i = 0; i < plan->shards.size(); ++i)
                if (!lost.contains(number++))
                    runner.give("summary", formats::check_planned_shard(archive_, *plan, i))
                        .receive();
        runner.node().finish();
    }
    std::string refusal(const std::set<size_t>& lost) {
        return error_of([&] { write(lost); });
    }

    Scratch folder_;
    const fs::path archive_ = folder_ / "archive";
    std::vector<std::shared_ptr<const formats::ArchivePlan>> plans_;
};

TEST_F(WriteIndex, WritesIndexAndSumsOfAllPlans) {
    write();
    const formats::Archive archive(archive_);
    EXPECT_TRUE(archive.complaints().empty());
    EXPECT_EQ(archive.size(), 4u);
    const auto sums = formats::read_sums(archive_);
    EXPECT_EQ(sums.size(), 3u + 2 + 1);
    for (const auto& [file, digest] : sums)
        EXPECT_EQ(formats::sha256_file(archive_ / file), digest) << file;
    const auto before = contents(archive_);
    write();
    EXPECT_EQ(contents(archive_), before);
}

TEST_F(WriteIndex, WithoutAShardThereIsNone) {
    EXPECT_THAT(refusal({1}), AllOf(HasSubstr("1 of 3 shards are missing or damaged"),
                                    HasSubstr("shard " + plans_[0]->shard_name(1))));
    EXPECT_THAT(refusal({0, 2}), AllOf(HasSubstr("2 of 3"), HasSubstr(plans_[0]->shard_name(0)),
                                       HasSubstr("(and 1 more)")));
    EXPECT_THAT(refusal({0, 1, 2}), HasSubstr("3 of 3"));
    EXPECT_THROW(write({2}), IncompleteError);
    EXPECT_FALSE(fs::exists(formats::index_file(archive_)));
    EXPECT_FALSE(fs::exists(archive_ / "SHA256SUMS"));
}

TEST_F(WriteIndex, FinaliseDoesTheSame) {
    nodes::finalise(archive_);
    const auto before = contents(archive_);
    write();
    EXPECT_EQ(contents(archive_), before);
    fs::remove(formats::index_file(archive_));
    fs::remove(formats::shard_file(archive_, plans_[1]->shard_name(0)));
    damage(formats::shard_file(archive_, plans_[0]->shard_name(1)));
    EXPECT_THAT([&] { nodes::finalise(archive_); },
                testing::ThrowsMessage<IncompleteError>(
                    AllOf(HasSubstr("2 of 3 shards"), HasSubstr(plans_[0]->shard_name(1)))));
    EXPECT_FALSE(fs::exists(formats::index_file(archive_)));
}

TEST_F(WriteIndex, AShardThatCannotBeReadIsNotTakenForADamagedOne) {
    const fs::path shard = formats::shard_file(archive_, plans_[0]->shard_name(1));
    fs::remove(shard);
    fs::create_symlink(shard, shard);
    EXPECT_THAT(
        [&] { nodes::finalise(archive_); },
        testing::Throws<formats::IoError>(testing::Property(&formats::IoError::number, ELOOP)));
    EXPECT_FALSE(fs::exists(formats::index_file(archive_)));
}

TEST_F(WriteIndex, RemovesWhatKilledProcessesLeft) {
    const pid_t pid = ::fork();
    if (pid == 0) {
        const formats::Publication publication(archive_ / "index.h5");
        ::_exit(0);  // as if it were killed
    }
    ::waitpid(pid, nullptr, 0);
    EXPECT_EQ(formats::stale_temporaries(archive_).size(), 1u);
    write();
    EXPECT_TRUE(formats::stale_temporaries(archive_).empty());
}

TEST_F(WriteIndex, NeedsAnArchive) {
    EXPECT_THAT(error_of([&] { Runner("write_index"); }), HasSubstr("'archive'"));
}

}  // namespace
