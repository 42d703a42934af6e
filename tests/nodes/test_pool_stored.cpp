#include "tests/nodes/search.hpp"

namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

TEST(PoolStored, EveryImageHasAVectorWhateverItIsKeptAs) {
    const SmallArchive archive;
    const auto vectors = pooled(archive);
    for (uint64_t id = 0; id < 3; ++id) {
        EXPECT_EQ(vectors[id].id, id);
        EXPECT_THAT(vectors[id].values, SizeIs(2 * 6));  // of the small codec's 6 channels
    }
    EXPECT_THAT(vectors[3].values, IsEmpty());  // a text is no image
    EXPECT_NE(vectors[0].values, vectors[1].values);
    EXPECT_THAT(pooled(archive, ", pooling: mean")[0].values, SizeIs(6));
}

TEST(PoolStored, AVectorIsThatOfTheSameImageByItself) {
    const SmallArchive archive;
    const auto stored = pooled(archive, ", level: 1")[0].values;
    const auto alone =
        nodes::image_vector(small_codec(), SmallArchive::frame(0), {"mean_deviation", 1});
    EXPECT_EQ(stored, alone);
    // Of other qualities it is much the same, because steps are taken in.
    const auto finer =
        nodes::image_vector(small_codec(), SmallArchive::frame(0), {"mean_deviation", 2});
    double inner = 0, one = 0, other = 0;
    for (size_t i = 0; i < finer.size(); ++i) {
        inner += double{finer[i]} * double{alone[i]};
        one += double{finer[i]} * double{finer[i]};
        other += double{alone[i]} * double{alone[i]};
    }
    EXPECT_GT(inner / std::sqrt(one * other), 0.9);
    EXPECT_NE(pooled(archive, ", level: 2")[2].values, pooled(archive, ", level: 1")[2].values);
}

TEST(PoolStored, WhatIsIndexedIsNotReadAgain) {
    const SmallArchive archive;
    make_index(archive);
    for (const auto& vector : pooled(archive)) EXPECT_THAT(vector.values, IsEmpty());
    EXPECT_THAT(error_of([&] { pooled(archive, ", pooling: mean"); }), HasSubstr("search"));
}

TEST(PoolStored, NamesDamage) {
    const SmallArchive archive;
    flip(archive.shard(0), archive.listed(1).entry.data.offset);
    EXPECT_THAT(error_of([&] { pooled(archive); }), HasSubstr("plate/1.tif"));
    std::filesystem::remove_all(archive.path() / "plans");
    EXPECT_THAT(error_of([&] { pooled(archive); }), HasSubstr("0001.h5"));
}

}  // namespace
