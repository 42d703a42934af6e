#include "formats/vector_index.hpp"
#include "tests/nodes/search.hpp"

namespace {

TEST(IndexVectors, KeepsEveryVectorInSegments) {
    const SmallArchive archive;
    make_index(archive, "");
    const formats::VectorIndex index(nodes::search_folder(archive.path()));
    EXPECT_EQ(index.size(), 3u);
    EXPECT_THAT(index.options().source, ::testing::HasSubstr("mean_deviation"));
    const SmallArchive parts;
    const auto vectors = pooled(parts);
    Runner small("index_vectors", parts.params(", segment: 2"));
    small.start();
    for (const auto& vector : vectors) small.give("vector", vector).receive();
    small.node().finish();
    EXPECT_EQ(names_in(nodes::search_folder(parts.path())).size(), 3u);
    EXPECT_EQ(formats::VectorIndex(nodes::search_folder(parts.path())).size(), 3u);
}

TEST(IndexVectors, AnotherPoolingIsAnotherIndex) {
    const SmallArchive archive;
    make_index(archive);
    EXPECT_NE(error_of([&] { Runner("index_vectors", archive.params(", pooling: mean")); }), "");
    EXPECT_NE(error_of([&] { Runner("index_vectors", archive.params(", level: 1")); }), "");
}

}  // namespace
