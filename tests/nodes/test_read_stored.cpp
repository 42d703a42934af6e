#include "tests/nodes/small_archive.hpp"

namespace {

using nodes::StoredImage;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(ReadStored, ReadsWhatTheTableNames) {
    const SmallArchive archive;
    const auto read = [&](uint64_t id, const std::string& more = "") {
        Runner runner("read_stored", archive.params(more));
        return runner.map<StoredImage, StoredImage>("image", archive.listed(id), "stored");
    };
    EXPECT_EQ(read(3).data.size(), 15u);
    const StoredImage stream = read(0);
    EXPECT_EQ(stream.data.size(), stream.entry.data.length);
    EXPECT_EQ(stream.latents.size(), 7u);
    EXPECT_THAT(read(0, ", latents: false").latents, IsEmpty());
}

TEST(ReadStored, DamageIsNamedAndCostsOneImage) {
    const SmallArchive archive;
    Runner runner("read_stored", archive.params());
    const auto read = [&](uint64_t id) {
        runner.give("image", archive.listed(id));
        return error_of([&] { runner.receive(); });
    };
    const auto entry = archive.listed(0).entry;
    flip(archive.shard(0), entry.data.offset + 5);
    EXPECT_THAT(read(0), HasSubstr("plate/0.tif (in "));
    EXPECT_EQ(read(1), "");
    flip(archive.shard(0), entry.data.offset + 5);
    flip(archive.shard(0), entry.latents.offset);
    EXPECT_THAT(read(0), HasSubstr("damaged"));
    Runner pixels("read_stored", archive.params(", latents: false"));
    pixels.give("image", archive.listed(0)).receive();  // which are whole
    std::filesystem::remove(archive.shard(1));
    EXPECT_THAT(read(2), HasSubstr("cannot open"));
}

}  // namespace
