// The power is cut while checkpoints, shards and indexes are published: whatever a file system may
// leave of the recorded writes, no file under its name is damaged, and nothing is lost of what was
// said to be done. Publishers that flush less than ours are found out by the same check.
// LATENTFLOW_POWER_CUTS=100000 looks at so many states of each.
#include "formats/archive.hpp"
#include "formats/archive_index.hpp"
#include "formats/checkpoint.hpp"
#include "formats/error.hpp"
#include "formats/file.hpp"
#include "formats/hdf5_file.hpp"
#include "tests/faults/crash_states.hpp"

#include <algorithm>
#include <fstream>
#include <functional>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

namespace faults {
namespace {

namespace fs = std::filesystem;

uint64_t cuts() {
    const char* asked = std::getenv("LATENTFLOW_POWER_CUTS");
    return asked ? std::stoull(asked) : 1000;
}

/// In memory, where there is such a thing: 100,000 states are written to it.
class Shelf {
  public:
    Shelf() {
        std::string name = "/dev/shm/latentflow_cut.XXXXXX";
        if (!::mkdtemp(name.data())) throw std::runtime_error("no /dev/shm");
        path_ = name;
    }
    ~Shelf() { fs::remove_all(path_); }
    Shelf(const Shelf&) = delete;
    Shelf& operator=(const Shelf&) = delete;

    const fs::path& path() const { return path_; }

    void hold(const CrashState& state) {
        for (const auto& [name, content] : held_)
            if (!state.files.contains(name)) fs::remove(path_ / name);
        for (const auto& [name, content] : state.files) {
            const auto before = held_.find(name);
            if (before != held_.end() && before->second == content) continue;
            fs::create_directories((path_ / name).parent_path());
            std::ofstream(path_ / name, std::ios::binary) << content;
        }
        held_ = state.files;
    }

  private:
    fs::path path_;
    std::map<std::string, std::string> held_;
};

using Work = std::function<void(const fs::path&)>;
/// What is wrong with a folder that was acknowledged up to a mark, or nothing.
using Check = std::function<std::string(const fs::path&, uint64_t)>;

std::vector<Record> tape_of(const Work& work) {
    const Shelf shelf;
    start_tape(shelf.path().string());
    work(shelf.path());
    auto tape = stop_tape();
    // Played where they are checked: paths begin with the folder, of which only one is there then.
    for (Record& record : tape)
        for (std::string* path : {&record.path, &record.other})
            if (path->starts_with(shelf.path().string()))
                path->replace(0, shelf.path().string().size(), "/disk");
    return tape;
}

bool is_hidden(const fs::path& path) { return path.filename().string().starts_with('.'); }

/// Of a state, with or without its temporaries, which have hidden names.
size_t hash_of(const CrashState& state, bool hidden) {
    size_t hash = state.mark;
    for (const auto& [name, content] : state.files)
        if (hidden || !is_hidden(name)) {
            hash = hash * 31 + std::hash<std::string>()(name);
            hash = hash * 31 + std::hash<std::string>()(content);
        }
    return hash;
}

struct Tally {
    uint64_t states = 0, distinct = 0, visible = 0, wrong = 0;
    std::string first;  // of what is wrong
};

bool changes_the_disk(const Record& record) {
    return record.call != Call::read && record.call != Call::close && record.call != Call::mark &&
           (record.call != Call::open || record.flags & 3);
}

/// After each call that changes the disk as many states as make up the whole number. What differs
/// in its temporaries alone, which nobody reads, is judged once.
Tally look(const std::vector<Record>& tape, uint64_t states, const Check& check) {
    std::mt19937_64 random(7);
    Tally tally;
    std::unordered_set<size_t> seen;
    std::unordered_map<size_t, std::string> judged;
    Shelf shelf;
    Disk disk("/disk");
    const auto changes = static_cast<uint64_t>(std::ranges::count_if(tape, changes_the_disk));
    for (uint64_t i = 0, changed = 0; i < tape.size(); ++i) {
        disk.play(tape[i]);
        changed += changes_the_disk(tape[i]);
        for (; tally.states < states * changed / changes; ++tally.states) {
            const CrashState state = disk.cut(random);
            seen.insert(hash_of(state, true));
            const auto [verdict, fresh] = judged.try_emplace(hash_of(state, false));
            if (fresh) {
                shelf.hold(state);
                verdict->second = check(shelf.path(), state.mark);
            }
            if (!verdict->second.empty() && tally.wrong++ == 0)
                tally.first =
                    fmt::format("after call {} of {}: {}", i, tape.size(), verdict->second);
        }
    }
    tally.distinct = seen.size();
    tally.visible = judged.size();
    return tally;
}

void expect_safe(const std::string& what, const Work& work, const Check& check) {
    const auto tape = tape_of(work);
    const Tally tally = look(tape, cuts(), check);
    fmt::print("{}: {} states after {} calls, {} distinct, {} without temporaries; {} wrong\n",
               what, tally.states, tape.size(), tally.distinct, tally.visible, tally.wrong);
    EXPECT_EQ(tally.wrong, 0U) << tally.first;
    for (const bool of_folders : {false, true}) {
        const Tally careless =
            look(without_syncs(tape, of_folders), std::min<uint64_t>(cuts(), 300), check);
        fmt::print("  without fsync of {}: {} of {} wrong\n", of_folders ? "folders" : "files",
                   careless.wrong, careless.states);
        EXPECT_GT(careless.wrong, 0U) << "the check would not have seen it";
    }
}

template <class Read>
std::string complaint(Read read) {
    try {
        read();
        return "";
    } catch (const std::exception& error) {
        return error.what();
    }
}

formats::Checkpoint generation(int64_t number) {
    formats::Checkpoint checkpoint;
    checkpoint.numbers["generation"] = number;
    const auto size = static_cast<size_t>(500 + 700 * (number % 5));  // it grows and shrinks
    checkpoint.arrays.push_back(
        {"weights", {static_cast<int64_t>(size)}, std::vector<float>(size, float(number))});
    return checkpoint;
}

std::string check_checkpoint(const fs::path& folder, uint64_t acknowledged) {
    const fs::path file = folder / "checkpoint.h5";
    if (!fs::exists(file)) return acknowledged > 0 ? "the checkpoint is gone" : "";
    return complaint([&] {
        const auto read = formats::read_checkpoint(file);
        const auto number = std::get<int64_t>(read.numbers.at("generation"));
        if (read.arrays.at(0).values != generation(number).arrays[0].values)
            throw std::runtime_error("other weights than were written");
        if (static_cast<uint64_t>(number) < acknowledged)
            throw std::runtime_error("an older checkpoint than was acknowledged");
    });
}

TEST(PowerCuts, LeaveAWholeCheckpoint) {
    expect_safe(
        "checkpoint",
        [](const fs::path& folder) {
            for (int64_t number = 1; number <= 10; ++number) {
                formats::write_checkpoint(folder / "checkpoint.h5", generation(number));
                mark(static_cast<uint64_t>(number));
            }
        },
        check_checkpoint);
}

TEST(PowerCuts, DamageACheckpointThatIsWrittenInPlace) {
    const auto tape = tape_of([](const fs::path& folder) {
        for (int64_t number = 1; number <= 10; ++number) {
            formats::write_checkpoint(folder / ".new", generation(number));
            const auto bytes = formats::read_file(folder / ".new");
            formats::File file(folder / "checkpoint.h5", O_WRONLY | O_CREAT | O_TRUNC);
            file.write_at(0, bytes);
            file.sync();
            formats::File(folder, O_RDONLY | O_DIRECTORY).sync();
            mark(static_cast<uint64_t>(number));
        }
    });
    EXPECT_GT(look(tape, 1000, check_checkpoint).wrong, 0U);
}

constexpr uint64_t shards = 6;

formats::ArchivePlan plan_of(uint64_t count) {
    formats::ArchivePlan plan;
    plan.settings = "test";
    plan.model = "0123456789abcdef";
    for (uint64_t i = 0; i < count; ++i)
        plan.files.push_back(
            {fmt::format("{:06}.tif", i), 9000, std::string(formats::digest_length, 'a')});
    plan.shards = formats::cut_shards(plan, 1, 1);
    return plan;
}

void publish_shard(const fs::path& archive, const formats::ArchivePlan& plan, size_t i) {
    formats::ShardWriter writer({plan.shards[i].id, plan.settings, "test"});
    formats::ArchiveEntry entry;
    entry.path = plan.files[i].path;
    entry.sha256 = plan.files[i].sha256;
    entry.size = plan.files[i].size;
    writer.add(entry, std::vector<std::byte>(entry.size, static_cast<std::byte>(i)));
    writer.publish(formats::shard_file(archive, plan.shard_name(i)));
}

/// Acknowledged are the plan, then shard after shard.
std::string check_shards(const fs::path& archive, uint64_t acknowledged) {
    static const auto plan = plan_of(shards);
    return complaint([&] {
        if (acknowledged > 0) {
            const auto read = formats::read_plans(archive).at(0);
            for (size_t i = 0; i < shards; ++i)
                if (read.files_of(i) != formats::PlannedFiles{plan.files[i]})
                    throw std::runtime_error("another plan than was made");
        }
        for (size_t i = 0; i < shards; ++i)
            if (i + 1 < acknowledged ||
                fs::exists(formats::shard_file(archive, plan.shard_name(i))))
                formats::check_planned_shard(archive, plan, i);
    });
}

TEST(PowerCuts, LeaveWholeShards) {
    expect_safe(
        "shard",
        [](const fs::path& folder) {
            const auto plan = plan_of(shards);
            formats::write_plan(folder / "archive", plan);
            mark(1);
            for (size_t i = 0; i < shards; ++i) {
                publish_shard(folder / "archive", plan, i);
                mark(i + 2);
            }
        },
        [](const fs::path& folder, uint64_t acknowledged) {
            return check_shards(folder / "archive", acknowledged);
        });
}

/// Acknowledged are indexes of so many shards.
std::string check_index(const fs::path& archive, uint64_t acknowledged) {
    return complaint([&] {
        if (fs::exists(formats::index_file(archive)))
            formats::check_signed_file(formats::index_file(archive));
        if (fs::exists(archive / "SHA256SUMS")) formats::read_sums(archive);
        if (acknowledged == 0) return;
        const formats::Archive whole(archive);
        for (const std::string& complaint : whole.complaints()) throw std::runtime_error(complaint);
        if (whole.size() < acknowledged) throw std::runtime_error("an older index");
        for (const auto& shard : whole.shards()) whole.entries(shard);
    });
}

TEST(PowerCuts, LeaveAWholeIndexOfAnArchive) {
    expect_safe(
        "index",
        [](const fs::path& folder) {
            const auto plan = plan_of(shards);
            formats::write_plan(folder, plan);
            std::vector<formats::ShardSummary> summaries;
            for (size_t i = 0; i < shards; ++i) {
                publish_shard(folder, plan, i);
                summaries.push_back(formats::check_planned_shard(folder, plan, i));
                formats::ArchivePlan part = plan;
                part.files.resize(i + 1);
                part.shards.resize(i + 1);
                formats::write_index(folder, {part}, summaries);
                mark(i + 1);
            }
        },
        check_index);
}

}  // namespace
}  // namespace faults
