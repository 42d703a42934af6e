// Plans, shards, the index and the reader that goes by their tables.
#include "formats/archive.hpp"
#include "formats/archive_index.hpp"
#include "formats/archive_table.hpp"
#include "formats/digest.hpp"
#include "formats/error.hpp"
#include "formats/file.hpp"
#include "tests/formats/python.hpp"
#include "tests/formats/scratch.hpp"

#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace formats {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::vector<std::byte> bytes_of(const std::string& text) {
    const auto bytes = std::as_bytes(std::span(text));
    return {bytes.begin(), bytes.end()};
}

std::string digest_of(const std::string& text) { return sha256(bytes_of(text)); }

/// A plan of `count` files, three to a shard; what is in them is their name.
ArchivePlan make_plan(int number, size_t count, const std::string& prefix = "") {
    ArchivePlan plan;
    plan.number = number;
    plan.input = "in";
    plan.prefix = prefix;
    plan.settings = "quality=4";
    plan.model = "0123456789abcdef";
    plan.pipeline = "name: archive\n";
    plan.software = "latentflow 0";
    for (size_t i = 0; i < count; ++i) {
        const std::string name = fmt::format("plate 1/a{},\"é\n.tif", i);
        plan.files.push_back({name, name.size(), digest_of(name)});
    }
    plan.shards = cut_shards(plan, 3, 1 << 20);
    return plan;
}

ArchiveEntry entry_of(const ArchivePlan& plan, const PlannedFile& file) {
    ArchiveEntry entry;
    entry.path = plan.prefix + file.path;
    entry.sha256 = file.sha256;
    entry.size = file.size;
    entry.coding = Coding::stream;
    entry.width = entry.height = 8;
    entry.channels = entry.pages = 1;
    entry.type = "u16";
    entry.tags[270] = bytes_of("a; \\b\nc");
    entry.psnr = 40.5;
    entry.max_error = 3;
    entry.model = plan.model;
    entry.latent_of = {1, 2, 3, 4, 5};
    return entry;
}

std::string data_of(const PlannedFile& file) { return "data of " + file.path; }

void write_shard(const fs::path& archive, const ArchivePlan& plan, size_t shard) {
    ShardWriter writer({plan.shards[shard].id, plan.settings, plan.software});
    for (const PlannedFile& file : plan.files_of(shard))
        writer.add(entry_of(plan, file), bytes_of(data_of(file)), bytes_of("latents"));
    EXPECT_TRUE(writer.publish(shard_file(archive, plan.shard_name(shard))));
}

void write_archive(const fs::path& archive, const std::vector<ArchivePlan>& plans) {
    std::vector<ShardSummary> shards;
    for (const ArchivePlan& plan : plans) {
        EXPECT_TRUE(write_plan(archive, plan));
        for (size_t i = 0; i < plan.shards.size(); ++i) {
            write_shard(archive, plan, i);
            shards.push_back(check_planned_shard(archive, plan, i));
        }
    }
    publish_text(model_file(archive, plans[0].model), "a model");
    write_index(archive, plans, shards);
}

void flip(const fs::path& file, uint64_t at) {
    std::byte byte{};
    File opened(file, O_RDWR);
    opened.read_at(at, std::span(&byte, 1));
    byte ^= std::byte{0x10};
    opened.write_at(at, std::span(&byte, 1));
}

TEST(ArchivePlan, CutsFixedRangesAndReadsBack) {
    const Scratch scratch;
    ArchivePlan plan = make_plan(1, 8);
    ASSERT_EQ(plan.shards.size(), 3u);
    EXPECT_EQ(plan.shards[2].count, 2u);
    EXPECT_EQ(cut_shards(plan, 100, 40).size(), 8u / (40 / plan.files[0].size));
    EXPECT_EQ(cut_shards(plan, 100, 1).size(), 8u);  // one file is the least

    EXPECT_TRUE(write_plan(scratch.path(), plan));
    EXPECT_FALSE(write_plan(scratch.path(), plan));
    const ArchivePlan read = read_plan(plan_file(scratch.path(), 1));
    for (size_t shard = 0; shard < plan.shards.size(); ++shard)
        EXPECT_EQ(read.files_of(shard), plan.files_of(shard));
    EXPECT_THROW(read.files_of(3), std::out_of_range);
    EXPECT_EQ(read.shard_name(1), plan.shard_name(1));
    EXPECT_EQ(read.settings, plan.settings);
    EXPECT_EQ(read.pipeline, plan.pipeline);

    ArchivePlan other = plan;
    other.settings = "quality=5";
    EXPECT_NE(cut_shards(other, 3, 1 << 20)[0].id, plan.shards[0].id);
    other = plan;
    other.files[1].sha256 = digest_of("other");
    const auto shards = cut_shards(other, 3, 1 << 20);
    EXPECT_NE(shards[0].id, plan.shards[0].id);
    EXPECT_EQ(shards[1].id, plan.shards[1].id);
}

TEST(ArchivePlan, FilesThatAreNotItsShardsAreRefused) {
    const Scratch scratch;
    ArchivePlan plan = make_plan(1, 8);
    plan.files[4].path = "another";  // of the second shard, whose id is of another's name
    EXPECT_TRUE(write_plan(scratch.path(), plan));
    const ArchivePlan read = read_plan(plan_file(scratch.path(), 1));
    EXPECT_NO_THROW(read.files_of(0));
    EXPECT_THROW(read.files_of(1), FormatError);
    plan.shards.pop_back();
    plan.number = 2;
    EXPECT_THROW(write_plan(scratch.path(), plan), FormatError);
}

TEST(ArchiveEntry, EveryFieldSurvivesTheTable) {
    const ArchivePlan plan = make_plan(1, 1);
    ArchiveEntry entry = entry_of(plan, plan.files[0]);
    entry.data = {5, 7, digest_of("x")};
    entry.parts = {3, 4};
    entry.latents = {12, 1, digest_of("y")};
    entry.psnr = std::numeric_limits<double>::infinity();
    for (unsigned i = 0; i < 256; ++i) entry.tags[7].push_back(static_cast<std::byte>(i));
    const auto read = parse_entries(entries_csv({&entry, 1}), "t").at(0);
    EXPECT_EQ(read.path, entry.path);
    EXPECT_EQ(read.sha256, entry.sha256);
    EXPECT_EQ(read.size, entry.size);
    EXPECT_EQ(read.coding, entry.coding);
    EXPECT_EQ(read.width, 8u);
    EXPECT_EQ(read.type, "u16");
    EXPECT_EQ(read.tags, entry.tags);
    EXPECT_EQ(read.psnr, entry.psnr);
    EXPECT_TRUE(std::isnan(read.ssim));
    EXPECT_EQ(read.max_error, 3);
    EXPECT_EQ(read.data, entry.data);
    EXPECT_EQ(read.latents, entry.latents);
    EXPECT_EQ(read.parts, entry.parts);
    EXPECT_EQ(read.latent_of, entry.latent_of);
    EXPECT_EQ(read.model, entry.model);
}

TEST(ArchiveEntry, RefusesWhatLeadsOutOfAFolder) {
    for (const char* path : {"a", "a/b", "..a/b..", "-x", "a\nb"}) EXPECT_TRUE(is_safe_path(path));
    for (const char* path : {"", "/a", "../a", "a/../b", "a//b", "a/", "./a", "..", "."})
        EXPECT_FALSE(is_safe_path(path)) << path;
    ArchiveEntry entry;
    entry.path = "../a";
    entry.sha256 = digest_of("");
    EXPECT_THROW(parse_entries(entries_csv({&entry, 1}), "t"), FormatError);
}

TEST(Shard, EqualContentIsEqualBytesAndTheFirstWins) {
    const Scratch one, two;
    const ArchivePlan plan = make_plan(1, 3);
    fs::create_directories(one.path() / "shards");
    fs::create_directories(two.path() / "shards");
    write_shard(one.path(), plan, 0);
    write_shard(two.path(), plan, 0);
    const auto file = [&](const Scratch& s) { return shard_file(s.path(), plan.shard_name(0)); };
    EXPECT_EQ(read_file(file(one)), read_file(file(two)));
    ShardWriter again({"", "", ""});
    EXPECT_FALSE(again.publish(file(one)));
    EXPECT_EQ(read_file(file(one)), read_file(file(two)));
}

TEST(Shard, NoFlippedByteGoesUnnoticed) {
    const Scratch scratch;
    const ArchivePlan plan = make_plan(1, 2);
    fs::create_directories(scratch.path() / "shards");
    write_shard(scratch.path(), plan, 0);
    const fs::path file = shard_file(scratch.path(), plan.shard_name(0));
    check_shard(file);
    for (uint64_t at = 0; at < fs::file_size(file); at += 7) {
        flip(file, at);
        EXPECT_THROW(check_shard(file), FormatError) << at;
        flip(file, at);
    }
    check_shard(file);
    EXPECT_THAT(
        [&] {
            ArchivePlan other = plan;
            other.files[0].path = "b.tif";
            check_planned_shard(scratch.path(), other, 0);
        },
        ::testing::ThrowsMessage<FormatError>(HasSubstr("other images than")));
}

TEST(Archive, ReadsEveryImageOfSeveralPlans) {
    const Scratch scratch;
    const std::vector<ArchivePlan> plans{make_plan(1, 8), make_plan(2, 4, "more/")};
    write_archive(scratch.path(), plans);
    const Archive archive(scratch.path());
    EXPECT_TRUE(archive.complaints().empty());
    EXPECT_EQ(archive.size(), 12u);
    size_t id = 0;
    for (const Archive::Shard& shard : archive.shards())
        for (const ArchiveEntry& entry : archive.entries(shard)) {
            const ArchivePlan& plan = plans[id < 8 ? 0 : 1];
            const PlannedFile& file = plan.files[id < 8 ? id : id - 8];
            EXPECT_EQ(entry.path, plan.prefix + file.path);
            EXPECT_EQ(archive.read(shard, entry, entry.data), bytes_of(data_of(file)));
            EXPECT_EQ(archive.read(shard, entry, entry.latents), bytes_of("latents"));
            EXPECT_EQ(archive.shard_of(id).name, shard.name);
            ++id;
        }
    EXPECT_EQ(id, 12u);
    EXPECT_THROW(archive.shard_of(12), FormatError);
    const auto sums = read_sums(scratch.path());
    EXPECT_EQ(sums.size(), 5u + 2 + 1 + 1);
    for (const auto& [file, digest] : sums) EXPECT_EQ(sha256_file(scratch.path() / file), digest);
}

/// How many of the images can be had with the bytes that they should have.
size_t readable(const fs::path& folder, const std::vector<ArchivePlan>& plans) {
    const Archive archive(folder);
    std::map<std::string, std::string> expected;
    for (const ArchivePlan& plan : plans)
        for (const PlannedFile& file : plan.files)
            expected[plan.prefix + file.path] = data_of(file);
    size_t good = 0;
    for (const Archive::Shard& shard : archive.shards()) try {
            for (const ArchiveEntry& entry : archive.entries(shard)) try {
                    EXPECT_EQ(archive.read(shard, entry, entry.data),
                              bytes_of(expected.at(entry.path)));
                    ++good;
                } catch (const FormatError& error) {
                    EXPECT_THAT(error.what(), HasSubstr(entry.path));
                }
        } catch (const FormatError&) {
        }
    return good;
}

TEST(Archive, OneFlippedByteCostsOneImageAtMost) {
    const Scratch scratch;
    const std::vector<ArchivePlan> plans{make_plan(1, 5)};
    write_archive(scratch.path(), plans);
    size_t lost = 0;
    for (const auto& entry : fs::recursive_directory_iterator(scratch.path())) {
        if (!entry.is_regular_file()) continue;
        for (uint64_t at = 0; at < entry.file_size(); at += 31) {
            flip(entry.path(), at);
            const size_t good = readable(scratch.path(), plans);
            EXPECT_GE(good, 4u) << entry.path() << " at " << at;
            lost += 5 - good;
            flip(entry.path(), at);
        }
    }
    EXPECT_GT(lost, 0u);
    EXPECT_EQ(readable(scratch.path(), plans), 5u);
}

TEST(Archive, DoesWithoutIndexAndNamesWhatIsMissing) {
    const Scratch scratch;
    const std::vector<ArchivePlan> plans{make_plan(1, 8)};
    write_archive(scratch.path(), plans);
    fs::remove(shard_file(scratch.path(), plans[0].shard_name(1)));
    {
        const Archive archive(scratch.path());
        EXPECT_EQ(archive.size(), 8u);
        EXPECT_EQ(archive.entries(archive.shards()[1]).size(), 3u);  // the index has them
        EXPECT_THROW(
            archive.read(archive.shards()[1], archive.entries(archive.shards()[1])[0], {0, 1, ""}),
            std::exception);
        EXPECT_THROW(check_planned_shard(scratch.path(), plans[0], 1), std::exception);
    }
    fs::remove(index_file(scratch.path()));
    {
        const Archive archive(scratch.path());
        ASSERT_EQ(archive.complaints().size(), 1u);
        EXPECT_THAT(archive.complaints()[0], HasSubstr("pipeline run finalise"));
        EXPECT_EQ(archive.size(), 8u);  // so that each has its number still
        EXPECT_EQ(archive.entries(archive.shards()[2])[1].path, plans[0].files[7].path);
        EXPECT_THROW(archive.entries(archive.shards()[1]), std::exception);
    }
    fs::remove(plan_file(scratch.path(), 1));
    const Archive archive(scratch.path());
    EXPECT_EQ(archive.size(), 5u);
    ASSERT_EQ(archive.complaints().size(), 2u);
    EXPECT_THAT(archive.complaints()[1], HasSubstr("0001.h5: is missing"));
    EXPECT_THROW(Archive(scratch.path() / "none"), FormatError);
}

TEST(Archive, GoesOnWithThePlansThatAreNotInTheIndexYet) {
    const Scratch scratch;
    write_archive(scratch.path(), {make_plan(1, 4)});
    const ArchivePlan second = make_plan(2, 4, "more/");
    EXPECT_TRUE(write_plan(scratch.path(), second));
    write_shard(scratch.path(), second, 1);
    const Archive archive(scratch.path());
    EXPECT_EQ(archive.size(), 8u);
    ASSERT_EQ(archive.complaints().size(), 1u);
    EXPECT_THAT(archive.complaints()[0], HasSubstr("is not in the index yet"));
    EXPECT_THROW(archive.entries(archive.shard_of(4)), std::exception);  // not written yet
    EXPECT_EQ(archive.entries(archive.shard_of(7)).at(0).path, "more/" + second.files[3].path);
    EXPECT_EQ(shard_place(archive.shards()[3].name).plan, 2);
    EXPECT_EQ(shard_place(archive.shards()[3].name).shard, 1u);
    for (const char* name : {"", "1", "1-", "1-2", "a-2-b", "-1"})
        EXPECT_THROW(shard_place(name), FormatError) << name;
    EXPECT_EQ(read_plan_header(plan_file(scratch.path(), 2)).prefix, "more/");
    EXPECT_TRUE(read_plan_header(plan_file(scratch.path(), 2)).files.empty());
}

TEST(Archive, AnyClientOfHdf5SeesOneArchive) {
    const Scratch scratch;
    const std::vector<ArchivePlan> plans{make_plan(1, 5), make_plan(2, 2, "more/")};
    write_archive(scratch.path(), plans);
    const std::string out = python(scratch, R"(
import h5py
with h5py.File("index.h5") as f:
    assert list(f["id"]) == list(range(7))
    assert f["offset"].dims[0][0] == f["id"]
    for i in f["id"]:
        data = f["bytes"][f["offset"][i]:f["offset"][i] + f["length"][i]].tobytes()
        path = f["path"][i].decode()
        assert data.decode() == "data of " + path.removeprefix("more/"), path
        assert hashlib.sha256(data).hexdigest() == f["digest"][i].decode()
        assert f["coding"][i] == b"stream" and f["psnr"][i] == 40.5 and f["type"][i] == b"u16"
        at = f["latents_offset"][i]
        assert f["latents"][at:at + f["latents_length"][i]].tobytes() == b"latents"
    print(f.attrs["format"], len(f["path"]))
)");
    EXPECT_THAT(out, HasSubstr("latentflow archive 7"));
}

TEST(ArchiveTable, IsFoundAndCheckedWithoutHdf5) {
    std::string text = "a,b\n1,2\n";
    for (int i = 0; i < 2000; ++i) text += std::to_string(i * i) + ",x\n";
    const auto packed = deflated(bytes_of(text));
    EXPECT_EQ(inflated(packed, "t"), bytes_of(text));
    EXPECT_LT(packed.size(), text.size() / 2);
    EXPECT_THROW(inflated(packed, "t", 100), FormatError);
    EXPECT_THROW(inflated(std::span(packed).first(packed.size() - 1), "t"), FormatError);
    auto longer = packed;
    longer.push_back(std::byte{0});
    EXPECT_THROW(inflated(longer, "t"), FormatError);
}

}  // namespace
}  // namespace formats
