#include "formats/error.hpp"
#include "tests/nodes/archives.hpp"

namespace {

using formats::ShardSummary;
using nodes::ShardJob;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(CheckShard, SummarisesWhatIsWholeAndRefusesTheRest) {
    const Scratch folder;
    for (const char* name : {"a", "bb", "ccc"}) write_file(folder / "in" / name, name);
    const auto plan = plan_of(folder / "in", {"a", "bb", "ccc"});
    const auto archive = folder / "archive";
    const auto check = [&](size_t shard, const std::filesystem::path& where) {
        return Runner("check_shard", "{archive: " + where.string() + "}")
            .map<ShardJob, ShardSummary>("shard", {plan, shard}, "summary");
    };
    const auto file = write_shard(archive, plan, 0);
    const auto summary = check(0, archive);
    EXPECT_EQ(summary.name, plan->shard_name(0));
    EXPECT_EQ(summary.sha256, formats::sha256_file(file));
    EXPECT_THAT(summary.data_lengths, ElementsAre(1, 2));
    EXPECT_THAT(summary.latents_lengths, ElementsAre(0, 0));

    EXPECT_THAT(error_of([&] { check(1, archive); }), HasSubstr(plan->shard_name(1)));
    EXPECT_THAT(error_of([&] { check(0, folder / "elsewhere"); }), HasSubstr("elsewhere"));
    const auto other = formats::shard_file(archive, plan->shard_name(1));
    std::filesystem::copy_file(file, other);
    EXPECT_THAT(error_of([&] { check(1, archive); }), HasSubstr("holds other images than"));
    damage(file);
    EXPECT_THAT(error_of([&] { check(0, archive); }), HasSubstr(file.string()));
}

}  // namespace
