#include "formats/csv.hpp"
#include "tests/nodes/archives.hpp"

namespace {

using ::testing::ElementsAre;

TEST(WritePlanned, IsATableOfFilesAndTheirShards) {
    const Scratch folder;
    const std::string odd = "b,\"\n\xff.tif";
    write_file(folder / "a.tif", "aa");
    write_file(folder / odd, "b");
    const auto plan = plan_of(folder.path(), {"a.tif", odd}, 1, "plate/");
    for (const std::string file : {"", "list.csv"}) {
        Runner runner("write_planned", file.empty() ? "{}" : "{file: list.csv}");
        runner.give("image", image_of(plan, 0)).receive();
        runner.give("image", image_of(plan, 1)).receive();
        runner.node().finish();
        const auto table =
            formats::read_csv(runner.folder / (file.empty() ? "planned.csv" : "list.csv"));
        EXPECT_THAT(table.columns, ElementsAre("shard", "path", "size", "sha256"));
        ASSERT_EQ(table.rows.size(), 2u);
        EXPECT_THAT(table.rows[0], ElementsAre(plan->shard_name(0), "plate/a.tif", "2",
                                               std::string(plan->files[0].sha256)));
        EXPECT_EQ(table.rows[1][1], "plate/" + odd);
    }
}

TEST(WritePlanned, NothingLeftIsAnEmptyTable) {
    Runner runner("write_planned");
    runner.node().finish();
    EXPECT_TRUE(formats::read_csv(runner.folder / "planned.csv").rows.empty());
}

}  // namespace
