#include "tests/nodes/search.hpp"

namespace {

TEST(PoolFrame, GivesTheVectorOfTheFrame) {
    const SmallArchive archive;
    const auto query = [&](const std::string& more) {
        Runner pool("pool_frame", archive.params(more));
        return pool.map<formats::Frame, nodes::Query>("frame", SmallArchive::frame(1), "query");
    };
    EXPECT_EQ(query(", level: 1").values,
              nodes::image_vector(small_codec(), SmallArchive::frame(1), {"mean_deviation", 1}));
    EXPECT_EQ(query(", level: 1").frame.pages[0].samples, SmallArchive::frame(1).pages[0].samples);
    EXPECT_NE(query(", level: 2").values, query(", level: 1").values);
    EXPECT_EQ(query(", level: 1, pooling: grid").values.size(), 4u * 6);
    EXPECT_THAT(error_of([&] { Runner("pool_frame", "{archive: /nowhere}"); }),
                ::testing::HasSubstr("/nowhere"));
}

}  // namespace
