#include "formats/checkpoint.hpp"
#include "nodes/checkpoint_model.hpp"
#include "tests/nodes/coded.hpp"

namespace {

using ::testing::HasSubstr;

TEST(SaveTables, AreReadBackAsTheyWere) {
    Runner runner("save_tables", "{file: t.h5}");
    runner.give("tables", some_tables("other")).receive();
    runner.give("tables", some_tables()).receive();
    const nodes::Tables back = nodes::read_tables(runner.folder / "t.h5");
    EXPECT_EQ(back.model, "m");
    EXPECT_FALSE(back.generative);
    const auto latents = some_latents(3, 7).latents;
    EXPECT_EQ(back.coder.encode(latents), some_tables().coder.encode(latents));
}

TEST(SaveTables, KeepThatDetailMayBeMadeUp) {
    Runner runner("save_tables", "{file: t.h5}");
    auto tables = some_tables();
    tables.generative = true;
    runner.give("tables", tables).receive();
    const auto file = runner.folder / "t.h5";
    EXPECT_TRUE(nodes::read_tables(file).generative);
    // Older files do not say.
    formats::Checkpoint old = formats::read_checkpoint(file);
    old.numbers.clear();
    formats::write_checkpoint(file, old);
    EXPECT_FALSE(nodes::read_tables(file).generative);
}

TEST(SaveTables, OtherFilesAreRefused) {
    Runner runner("save_tables");
    EXPECT_THAT(error_of([&] { nodes::read_tables(runner.folder / "t.h5"); }), HasSubstr("t.h5"));
    nodes::write_snapshot(runner.folder / "c.h5", *trained_snapshot());
    EXPECT_THAT(error_of([&] { nodes::read_tables(runner.folder / "c.h5"); }),
                HasSubstr("c.h5: no 'dims' among the stored tables"));
}

}  // namespace
