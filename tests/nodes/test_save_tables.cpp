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
    const auto latents = some_latents(3, 7).latents;
    EXPECT_EQ(back.coder.encode(latents), some_tables().coder.encode(latents));
}

TEST(SaveTables, OtherFilesAreRefused) {
    Runner runner("save_tables");
    EXPECT_THAT(error_of([&] { nodes::read_tables(runner.folder / "t.h5"); }), HasSubstr("t.h5"));
    nodes::write_snapshot(runner.folder / "c.h5", *trained_snapshot());
    EXPECT_THAT(error_of([&] { nodes::read_tables(runner.folder / "c.h5"); }),
                HasSubstr("c.h5: no 'dims' among the stored tables"));
}

}  // namespace
