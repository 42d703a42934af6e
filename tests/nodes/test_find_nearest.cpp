#include "tests/nodes/search.hpp"

namespace {

using ::testing::HasSubstr;

nodes::Answers find(const SmallArchive& archive, int image, const std::string& more = "") {
    Runner pool("pool_frame", archive.params(", level: 1"));
    Runner nearest("find_nearest", archive.params(", level: 1" + more));
    return nearest.map<nodes::Query, nodes::Answers>(
        "query",
        pool.map<formats::Frame, nodes::Query>("frame", SmallArchive::frame(image), "query"),
        "answers");
}

TEST(FindNearest, AnImageIsNearestToItself) {
    const SmallArchive archive;
    make_index(archive, ", level: 1");
    for (const int image : {0, 1, 2}) {
        const auto answers = find(archive, image);
        ASSERT_EQ(answers.found.size(), 3u);
        EXPECT_EQ(answers.found[0].image.id, static_cast<uint64_t>(image));
        EXPECT_EQ(answers.found[0].image.entry.path, SmallArchive::file(image));
        EXPECT_NEAR(answers.found[0].distance, 0, 1e-5);
        EXPECT_LE(answers.found[0].distance, answers.found[1].distance);
        EXPECT_LE(answers.found[1].distance, answers.found[2].distance);
    }
    EXPECT_EQ(find(archive, 1, ", k: 1, effort: 1").found.size(), 1u);
}

TEST(FindNearest, SaysWhatToDoWithoutTheRightIndex) {
    const SmallArchive archive;
    EXPECT_THAT(error_of([&] { find(archive, 0); }), HasSubstr("pipeline run index_archive"));
    make_index(archive, ", level: 1");
    EXPECT_THAT(error_of([&] { find(archive, 0, ", pooling: mean"); }),
                HasSubstr("is of mean_deviation"));
    const auto file = nodes::search_folder(archive.path()) / "index.h5";
    flip(file, 600);
    EXPECT_THAT(error_of([&] { find(archive, 0); }), HasSubstr("index.h5"));
}

}  // namespace
