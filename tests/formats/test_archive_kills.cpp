// Processes that publish shards and indexes as fast as they can are killed at random moments: no
// file with a name is ever unreadable, and what was acknowledged is there. LATENTFLOW_PUBLISH_KILLS
// says how often (1,000 are what a release is tried with).
#include "formats/archive.hpp"
#include "formats/archive_index.hpp"
#include "formats/digest.hpp"
#include "formats/error.hpp"
#include "formats/hdf5_file.hpp"
#include "formats/publish.hpp"
#include "tests/formats/scratch.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <random>
#include <set>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

namespace formats {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t shards = 400;           // of a plan; more than are made before the next folder
constexpr uint64_t index_mark = 1U << 20;  // an acknowledged index of so many shards, less this

ArchivePlan plan_of(uint64_t count) {
    ArchivePlan plan;
    plan.settings = "test";
    plan.model = "0123456789abcdef";
    for (uint64_t i = 0; i < count; ++i)
        plan.files.push_back({fmt::format("{:06}.tif", i), 3000, std::string(digest_length, 'a')});
    plan.shards = cut_shards(plan, 1, 1);
    return plan;
}

/// A process's work: it takes up where another was killed, and acknowledges each file.
[[noreturn]] void publish_for_ever(const fs::path& archive, const ArchivePlan& plan, int pipe) {
    const auto acknowledge = [&](uint64_t what) {
        if (::write(pipe, &what, sizeof what) != sizeof what) ::_exit(2);
    };
    remove_stale_archive_temporaries(archive);
    std::vector<ShardSummary> summaries;
    for (size_t i = 0; i < plan.shards.size(); ++i) {
        const fs::path file = shard_file(archive, plan.shard_name(i));
        const bool is_new = !fs::exists(file);
        if (is_new) {
            ShardWriter writer({plan.shards[i].id, plan.settings, "test"});
            ArchiveEntry entry;
            entry.path = plan.files[i].path;
            entry.sha256 = plan.files[i].sha256;
            entry.size = plan.files[i].size;
            writer.add(entry, std::vector<std::byte>(entry.size, static_cast<std::byte>(i)));
            writer.publish(file);
            acknowledge(i);
        }
        summaries.push_back(check_planned_shard(archive, plan, i));
        if (!is_new || i % 4 != 3) continue;  // an index never shrinks
        ArchivePlan part = plan;              // so many of its shards are an archive as well
        part.files.resize(i + 1);
        part.shards.resize(i + 1);
        write_index(archive, {part}, summaries);
        acknowledge(index_mark + summaries.size());
    }
    ::_exit(0);
}

class Kills {
  public:
    /// Starts a process, kills it after so long, and looks at what is there.
    void round(const fs::path& archive, std::chrono::microseconds after) {
        std::array<int, 2> pipe{};
        ASSERT_EQ(::pipe(pipe.data()), 0);
        const pid_t pid = ::fork();
        if (pid == 0) {
            ::close(pipe[0]);
            try {
                publish_for_ever(archive, plan_, pipe[1]);
            } catch (...) {
                ::_exit(3);
            }
        }
        ::close(pipe[1]);
        std::this_thread::sleep_for(after);
        ::kill(pid, SIGKILL);
        int status = 0;
        ::waitpid(pid, &status, 0);
        EXPECT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0) << WEXITSTATUS(status);
        bool begun = false;  // it has come past the removal of temporaries
        for (uint64_t what = 0; ::read(pipe[0], &what, sizeof what) == sizeof what; begun = true) {
            ++acknowledged;
            if (what < index_mark)
                made_.insert(what);
            else
                indexed_ = std::max(indexed_, what - index_mark);
        }
        ::close(pipe[0]);
        look(archive, begun);
    }
    void forget() {
        made_.clear();
        left_.clear();
        indexed_ = 0;
    }

    size_t acknowledged = 0, within = 0, checked = 0;

  private:
    void look(const fs::path& archive, bool begun) {
        std::set<fs::path> left;
        for (const auto& entry : fs::recursive_directory_iterator(archive)) {
            if (!entry.is_regular_file()) continue;
            const fs::path& file = entry.path();
            if (is_temporary(file)) {
                left.insert(file);
            } else if (file.parent_path().filename() == "shards") {
                EXPECT_NO_THROW(check_shard(file)) << file;
            } else if (file.extension() == ".h5") {
                EXPECT_NO_THROW(check_signed_file(file)) << file;
            } else {
                EXPECT_NO_THROW(read_sums(archive));
            }
            ++checked;
        }
        within += !left.empty();
        for (const fs::path& file : left_) EXPECT_FALSE(begun && left.contains(file)) << file;
        left_ = std::move(left);
        for (const uint64_t i : made_) EXPECT_NO_THROW(check_planned_shard(archive, plan_, i)) << i;
        if (indexed_ == 0) return;
        const Archive whole(archive);
        EXPECT_TRUE(whole.complaints().empty()) << whole.complaints()[0];
        EXPECT_GE(whole.size(), indexed_);
    }

    const ArchivePlan plan_ = plan_of(shards);
    std::set<uint64_t> made_;
    uint64_t indexed_ = 0;
    std::set<fs::path> left_;
};

TEST(ArchiveKills, LoseNothingThatWasAcknowledged) {
    const char* asked = std::getenv("LATENTFLOW_PUBLISH_KILLS");
    const int kills = asked ? std::stoi(asked) : 20;
    constexpr int of_a_folder = 10;
    std::mt19937 random(std::random_device{}());
    std::uniform_int_distribution<int> microseconds(500, 150'000);
    Kills tally;
    for (int done = 0; done < kills;) {
        const Scratch folder;
        for (const char* name : {"plans", "models", "shards"}) fs::create_directory(folder / name);
        tally.forget();
        for (int i = 0; i < of_a_folder && done < kills; ++i, ++done) {
            tally.round(folder.path(), std::chrono::microseconds(microseconds(random)));
            if (::testing::Test::HasFailure()) return;
        }
    }
    fmt::print(
        "{} kills, {} of them while a file was being written; {} files acknowledged, {} "
        "looked at\n",
        kills, tally.within, tally.acknowledged, tally.checked);
    EXPECT_GT(tally.acknowledged, 0u);
    EXPECT_GT(tally.within, 0u);
}

}  // namespace
}  // namespace formats
