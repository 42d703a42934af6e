// Each allocation that a parser makes fails in turn: it throws, nothing is lost of the memory that
// it had, and the next one reads what it should. LATENTFLOW_ALLOCATIONS=N tries at most so many of
// each parser, spread evenly; 0: all.
#include "formats/archive.hpp"
#include "formats/archive_index.hpp"
#include "formats/checkpoint.hpp"
#include "formats/csv.hpp"
#include "formats/file.hpp"
#include "formats/stream.hpp"
#include "formats/tiff_reader.hpp"
#include "formats/tiff_writer.hpp"
#include "formats/vector_index.hpp"
#include "formats/vector_manifest.hpp"
#include "formats/vector_segment.hpp"
#include "graph/document.hpp"
#include "tests/faults/allocations.hpp"
#include "tests/formats/scratch.hpp"

#include <functional>
#include <optional>

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace faults {
namespace {

namespace fs = std::filesystem;

uint64_t most() {
    const char* asked = std::getenv("LATENTFLOW_ALLOCATIONS");
    const uint64_t number = asked ? std::stoull(asked) : 20;
    return number > 0 ? number : UINT64_MAX;
}

/// How many a parser makes that is not disturbed.
uint64_t allocations_of(const std::function<void()>& parse, Of of) {
    const FailedAllocation never(UINT64_MAX, of);
    parse();
    return never.counted();
}

/// `parse` throws, or else makes what it ought to make. What libraries in C keep is not looked at.
void fail_each(const std::string& what, Of of, const std::function<void()>& parse) {
    parse();  // what is made once is made now
    const uint64_t all = allocations_of(parse, of);
    ASSERT_GT(all, 0U);
    const uint64_t step = std::max<uint64_t>(1, all / most());
    uint64_t tried = 0, survived = 0;
    const int64_t before = allocations_alive();
    for (uint64_t n = 1; n <= all; n += step, ++tried) {
        bool told = true;
        {
            const FailedAllocation failed(n, of);
            try {
                parse();
                ++survived;  // a library did without, or a text was left out
            } catch (const std::bad_alloc&) {
            } catch (const std::exception& error) {
                told = *error.what() != '\0';
            }
        }
        EXPECT_TRUE(told) << what << ": allocation " << n;
        EXPECT_EQ(allocations_alive(), before) << what << ": allocation " << n << " of " << all;
        EXPECT_NO_THROW(parse()) << what << ": after allocation " << n;
        if (::testing::Test::HasFailure()) return;
    }
    fmt::print("{}: {} of {} allocations failed, {} did no harm\n", what, tried, all, survived);
}

class Allocations : public ::testing::Test {
  protected:
    const Scratch folder_;
};

TEST_F(Allocations, OfYaml) {
    const auto file = fs::path(SOURCE_DIR) / "pipelines" / "train_gan.yaml";
    fail_each("YAML", Of::libraries, [&] {
        graph::Errors errors;
        const auto document = graph::load_document(file, {}, errors);
        if (!errors.empty()) throw std::runtime_error(errors.text());
        EXPECT_EQ(document.name, "train_gan");
    });
}

TEST_F(Allocations, OfCsv) {
    const std::string text = "path,sha256,note\na.tif,00ff,\"one, \"\"two\"\"\"\nb.tif,11,\n";
    fail_each("CSV", Of::libraries, [&] {
        const auto table = formats::parse_csv(text, "table.csv");
        EXPECT_EQ(table.rows.at(0).at(2), "one, \"two\"");
    });
}

TEST_F(Allocations, OfTiff) {
    formats::Image image;
    image.height = 60;
    image.width = 100;
    image.samples.assign(6000, 0.5F);
    image.type = formats::SampleType::u8;
    formats::write_tiff(folder_ / "a.tif", image,
                        {.compression = formats::TiffCompression::deflate});
    const auto bytes = formats::read_file(folder_ / "a.tif");
    // Of ours: libtiff 4.5 reads through null where its own memory runs out.
    fail_each("TIFF", Of::ours, [&] {
        const formats::TiffFile file("a.tif", bytes);
        EXPECT_EQ(file.read(0).width, 100);
        file.tags(0);
    });
}

TEST_F(Allocations, OfAStream) {
    formats::StreamHeader header;
    header.tile_size = 64;
    header.width = 100;
    header.height = 100;
    header.tags[270] = std::vector<std::byte>(100, std::byte{65});
    const std::vector<std::vector<std::byte>> payloads(4, std::vector<std::byte>(50));
    const auto bytes = formats::write_stream(header, payloads);
    fail_each("stream", Of::libraries,
              [&] { EXPECT_EQ(formats::read_stream(bytes, "a.lf").tiles.size(), 4U); });
}

TEST_F(Allocations, OfACheckpoint) {
    formats::Checkpoint checkpoint;
    checkpoint.text["model"] = "a text";
    checkpoint.numbers["steps"] = int64_t{7};
    checkpoint.arrays.push_back({"encoder.0.weights", {2, 3}, std::vector<float>(6, 1.5F)});
    checkpoint.integers.push_back({"table", {3}, {1, 2, 3}});
    formats::write_checkpoint(folder_ / "a.h5", checkpoint);
    fail_each("checkpoint", Of::ours, [&] {
        EXPECT_EQ(formats::read_checkpoint(folder_ / "a.h5").arrays.at(0).values.at(5), 1.5F);
    });
}

TEST_F(Allocations, OfAnArchive) {
    formats::ArchivePlan plan;
    plan.settings = "test";
    plan.model = "0123456789abcdef";
    for (const char* name : {"a.tif", "b.tif"})
        plan.files.push_back({name, 300, std::string(formats::digest_length, 'a')});
    plan.shards = formats::cut_shards(plan, 1, 1000);
    formats::write_plan(folder_.path(), plan);
    std::vector<formats::ShardSummary> summaries;
    for (size_t i = 0; i < plan.shards.size(); ++i) {
        formats::ShardWriter writer({plan.shards[i].id, plan.settings, "test"});
        formats::ArchiveEntry entry;
        entry.path = plan.files[i].path;
        entry.sha256 = plan.files[i].sha256;
        entry.size = 300;
        writer.add(entry, std::vector<std::byte>(300, std::byte{1}));
        writer.publish(formats::shard_file(folder_.path(), plan.shard_name(i)));
        summaries.push_back(formats::check_planned_shard(folder_.path(), plan, i));
    }
    formats::write_index(folder_.path(), {plan}, summaries);
    // Not read_plans: libstdc++ lists a folder within noexcept, and ends the process.
    fail_each("plan", Of::ours, [&] {
        const auto read = formats::read_plan(formats::plan_file(folder_.path(), plan.number));
        EXPECT_EQ(read.files_of(1).at(0), plan.files[1]);
    });
    fail_each("table of a shard", Of::libraries, [&] {
        const auto file = formats::shard_file(folder_.path(), plan.shard_name(0));
        EXPECT_EQ(formats::check_shard(file).entries.size(), 1U);
    });
    fail_each("index", Of::ours, [&] {
        const formats::Archive archive(folder_.path());
        // It goes by the plans if it has no memory for the index, and says so.
        EXPECT_EQ(archive.size(), 2U);
        for (const auto& shard : archive.shards()) archive.entries(shard);
    });
}

TEST_F(Allocations, OfAnIndexOfVectors) {
    formats::VectorOptions options;
    options.dimension = 4;
    options.source = "test";
    formats::VectorIndexWriter writer(folder_.path(), options,
                                      {.ids = 30, .segment_ids = 20, .threads = 1});
    for (uint64_t id = 0; id < 30; ++id) writer.append(id, std::vector<float>{float(id), 1, 2, 3});
    writer.finish();
    // Not the graph that is made of it: hnswlib's constructor loses what it has when it throws.
    fail_each("index of vectors", Of::ours, [&] {
        const auto manifest = formats::read_manifest(folder_.path());
        const auto range = manifest.segments.at(1).range;
        EXPECT_EQ(formats::read_segment(formats::segment_path(folder_.path(), range)).ids.size(),
                  10U);
    });
}

}  // namespace
}  // namespace faults
