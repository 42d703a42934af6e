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
#include "formats/vector_index.hpp"
#include "graph/run_folder.hpp"
#include "tests/faults/power_cuts.hpp"

#include <algorithm>
#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace faults {
namespace {

namespace fs = std::filesystem;

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

/// Kind and path of each call, in order; temporaries have another name each time.
std::vector<std::pair<Call, std::string>> calls_of(const std::vector<Record>& tape) {
    std::vector<std::pair<Call, std::string>> calls;
    for (const Record& record : tape)
        calls.emplace_back(record.call, is_hidden(record.path) ? "a temporary" : record.path);
    return calls;
}

TEST(Tape, IsTheSameWhateverNumbersFilesGet) {
    const Work work = [](const fs::path& folder) {
        formats::write_checkpoint(folder / "checkpoint.h5", generation(1));
        formats::read_checkpoint(folder / "checkpoint.h5");  // by a child first, which copies them
    };
    const auto before = calls_of(tape_of(work));
    const formats::File first("/dev/null"), second("/dev/null");
    EXPECT_EQ(calls_of(tape_of(work)), before);
    for (const auto& [call, path] : before)
        EXPECT_TRUE(call != Call::write || path == "a temporary") << path;
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

constexpr uint64_t runs = 4;

fs::path run_folder(const fs::path& folder, uint64_t run) {
    return folder / "runs" / fmt::format("of group {}", run % 2) / fmt::format("run {}", run);
}

/// Acknowledged are so many runs.
std::string check_runs(const fs::path& folder, uint64_t acknowledged) {
    for (uint64_t run = 1; run <= runs; ++run) {
        const fs::path file = run_folder(folder, run) / "resolved.yaml";
        if (!fs::exists(file)) {
            if (run <= acknowledged) return file.string() + " is gone";
        } else {
            std::string text;
            std::getline(std::ifstream(file), text);
            if (text != fmt::format("number {}", run)) return file.string() + " is damaged";
        }
    }
    return "";
}

TEST(PowerCuts, LeaveWholeFoldersOfRuns) {
    expect_safe(
        "folder of a run",
        [](const fs::path& folder) {
            for (uint64_t run = 1; run <= runs; ++run) {
                graph::RunFolder made(run_folder(folder, run), false);
                made.write("resolved.yaml", fmt::format("number {}\n", run));
                made.appear();
                mark(run);
            }
        },
        check_runs);
}

/// Acknowledged is an index of so many vectors.
std::string check_vectors(const fs::path& folder, uint64_t acknowledged) {
    const fs::path index = folder / "search";
    if (!fs::exists(index / "index.h5")) return acknowledged > 0 ? "the index is gone" : "";
    return complaint([&] {
        for (const auto& entry : fs::directory_iterator(index))
            if (!is_hidden(entry.path())) formats::check_signed_file(entry.path());
        if (acknowledged > 0 && formats::VectorIndex(index).size() < acknowledged)
            throw std::runtime_error("an older index");
    });
}

TEST(PowerCuts, LeaveAWholeIndexOfVectors) {
    expect_safe(
        "index of vectors",
        [](const fs::path& folder) {
            formats::VectorOptions options;
            options.dimension = 4;
            options.source = "test";
            for (const uint64_t ids : {20, 30, 50}) {
                formats::VectorIndexWriter writer(folder / "search", options,
                                                  {.ids = ids, .segment_ids = 20, .threads = 1});
                for (uint64_t id = 0; id < ids; ++id)
                    writer.append(id, std::vector<float>{float(id), 1, 2, 3});
                writer.finish();
                mark(ids);
            }
        },
        check_vectors);
}

}  // namespace
}  // namespace faults
