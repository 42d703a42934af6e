#include "tests/nodes/archives.hpp"

namespace {

using nodes::ShardJob;
using ::testing::AllOf;
using ::testing::HasSubstr;

class ListShards : public ::testing::Test {
  protected:
    ListShards() {
        for (const char* name : {"a", "b", "c"}) write_file(folder_ / "in" / name, name);
    }
    std::string with() const { return "{archive: " + archive_.string() + "}"; }

    Scratch folder_;
    const std::filesystem::path archive_ = folder_ / "archive";
};

TEST_F(ListShards, ListsThoseOfAllPlansWhetherTheyAreThereOrNot) {
    const auto one = plan_of(folder_ / "in", {"a", "b", "c"});
    const auto two = plan_of(folder_ / "in", {"c"}, 2, "more/", 2);
    formats::write_plan(archive_, *one);
    formats::write_plan(archive_, *two);
    write_shard(archive_, one, 1);
    Runner runner("list_shards", with());
    const auto items = runner.items();
    const std::vector<std::string> names{one->shard_name(0), one->shard_name(1),
                                         two->shard_name(0)};
    ASSERT_EQ(items.size(), 3u);
    for (size_t i = 0; i < 3; ++i) EXPECT_EQ(items[i].name, names[i]);
    runner.receive().receive().receive();
    const auto jobs = runner.take<ShardJob>("shard");
    EXPECT_EQ(jobs.at(2)->plan->prefix, "more/");
    EXPECT_EQ(jobs.at(2)->shard, 0u);
    EXPECT_EQ(jobs.at(1)->shard, 1u);
}

TEST_F(ListShards, SaysWhatIsNoArchive) {
    EXPECT_THAT(error_of([&] { Runner("list_shards", with()).items(); }),
                HasSubstr("is no archive: it has no plan"));
    formats::write_plan(archive_, *plan_of(folder_ / "in", {"a"}));
    damage(formats::plan_file(archive_, 1));
    EXPECT_THAT(error_of([&] { Runner("list_shards", with()).items(); }),
                AllOf(HasSubstr("list_shards: "), HasSubstr("0001.h5")));
    EXPECT_THAT(error_of([&] { Runner("list_shards"); }), HasSubstr("'archive'"));
}

}  // namespace
