#include "nodes/frame_latents.hpp"
#include "tests/nodes/small_archive.hpp"

namespace {

namespace fs = std::filesystem;
using nodes::RestoredImage;
using nodes::StoredImage;
using ::testing::HasSubstr;

RestoredImage restore(const SmallArchive& archive, const StoredImage& stored,
                      const std::string& more = "") {
    Runner runner("restore_image", archive.params(more));
    return runner.map<StoredImage, RestoredImage>("stored", stored, "restored");
}

TEST(RestoreImage, OfEachForm) {
    const SmallArchive archive;
    for (const uint64_t id : {0, 1}) {
        const RestoredImage image = restore(archive, archive.stored(id));
        const auto expected = decode_frame(small_codec(), archive.stored(id).data, "a", {}).frame;
        ASSERT_TRUE(image.frame);
        EXPECT_TRUE(nodes::same_content(*image.frame, expected));
        EXPECT_EQ(image.frame->tags, SmallArchive::frame(0).tags);
        EXPECT_EQ(image.shard, archive.plans[0].shard_name(0));
    }
    const RestoredImage lossless = restore(archive, archive.stored(2));
    ASSERT_TRUE(lossless.frame);
    EXPECT_TRUE(nodes::same_content(*lossless.frame, SmallArchive::frame(2)));
    const RestoredImage file = restore(archive, archive.stored(3));
    EXPECT_FALSE(file.frame);
    EXPECT_EQ(file.original, file_bytes(archive.input() / SmallArchive::file(3)));
}

/// The same window of every plane.
void expect_crop(const formats::Frame& part, const formats::Frame& whole, int x, int y) {
    ASSERT_EQ(part.pages.size(), whole.pages.size());
    for (size_t p = 0; p < part.pages.size(); ++p) {
        const auto &small = part.pages[p], &large = whole.pages[p];
        ASSERT_EQ(small.channels, large.channels);
        for (int c = 0; c < small.channels; ++c)
            for (int row = 0; row < small.height; ++row)
                for (int column = 0; column < small.width; ++column) {
                    const int from = (c * large.height + y + row) * large.width + x + column;
                    const int to = (c * small.height + row) * small.width + column;
                    ASSERT_EQ(small.samples[static_cast<size_t>(to)],
                              large.samples[static_cast<size_t>(from)]);
                }
    }
}

TEST(RestoreImage, AWindowIsTheCropOfTheWhole) {
    const SmallArchive archive;
    for (const uint64_t id : {0, 1, 2}) {
        const auto whole = restore(archive, archive.stored(id)).frame;
        const auto part = restore(archive, archive.stored(id), ", window: '5,7,30,20'").frame;
        EXPECT_EQ(part->pages[0].width, 30);
        EXPECT_EQ(part->pages[0].height, 20);
        expect_crop(*part, *whole, 5, 7);
        EXPECT_THAT(
            error_of([&] { restore(archive, archive.stored(id), ", window: '60,0,30,20'"); }),
            HasSubstr("is not within"));
    }
    // Of a file that is kept as it was: only if it is an image.
    EXPECT_THAT(error_of([&] { restore(archive, archive.stored(3), ", window: '0,0,1,1'"); }),
                HasSubstr("it can only be had as that"));
    StoredImage tiff = archive.stored(3);
    tiff.data = file_bytes(archive.input() / SmallArchive::file(1));
    tiff.entry.size = tiff.data.size();
    tiff.entry.sha256 = formats::sha256(tiff.data);
    const auto part = restore(archive, tiff, ", window: '5,7,30,20'");
    EXPECT_TRUE(part.original.empty());
    expect_crop(*part.frame, SmallArchive::frame(1), 5, 7);
    EXPECT_THAT(error_of([&] { restore(archive, tiff, ", window: '5,7,30'"); }),
                HasSubstr("window takes 4 numbers, not 3"));
}

TEST(RestoreImage, EitherFileOfAModelIsEnough) {
    const SmallArchive archive;
    const auto model = formats::model_file(archive.path(), archive.plans[0].model);
    flip(model, fs::file_size(model) / 2);
    EXPECT_TRUE(restore(archive, archive.stored(0)).frame);
    fs::remove(formats::model_file(archive.path(), archive.plans[0].model + "_copy"));
    const std::string error = error_of([&] { restore(archive, archive.stored(0)); });
    EXPECT_THAT(error, HasSubstr("its SHA-256 is"));
    EXPECT_THAT(error, HasSubstr("_copy.h5"));
    EXPECT_TRUE(restore(archive, archive.stored(2)).frame);  // needs none
}

TEST(RestoreImage, RefusesWhatIsNotWhatItSays) {
    const SmallArchive archive;
    const auto refuse = [&](uint64_t id, auto change, const std::string& more = "") {
        StoredImage stored = archive.stored(id);
        change(stored);
        return error_of([&] { restore(archive, stored, more); });
    };
    EXPECT_THAT(refuse(3, [](StoredImage& s) { s.data[0] ^= std::byte{1}; }),
                HasSubstr("notes.txt: damaged"));
    EXPECT_THAT(refuse(3, [](StoredImage& s) { ++s.entry.size; }), HasSubstr("damaged"));
    EXPECT_THAT(refuse(0, [](StoredImage& s) { ++s.entry.width; }),
                HasSubstr("of another size than its table says"));
    EXPECT_THAT(refuse(0, [](StoredImage& s) { s.data.back() ^= std::byte{1}; }),
                HasSubstr("plate/0.tif: damaged"));
    EXPECT_THAT(refuse(2, [](StoredImage& s) { s.entry.type = "f32"; }), HasSubstr("'f32'"));
    EXPECT_THAT(refuse(2, [](StoredImage& s) { s.entry.pages = 3; }), HasSubstr("planes"));
    EXPECT_THAT(refuse(
                    2, [](StoredImage&) {}, ", max_samples: 9215"),
                HasSubstr("9215 samples are the limit"));
    EXPECT_THAT(refuse(0, [](StoredImage& s) { s.entry.coding = formats::Coding::latents; }),
                HasSubstr("says too little of its latents"));
}

TEST(RestoreImage, LatentsGiveTheSamePixelsAsTheStreamThatTheyAreOf) {
    const SmallArchive archive;
    for (const uint64_t id : {uint64_t{0}, uint64_t{1}}) {
        const StoredImage stream = archive.stored(id);
        StoredImage kept = stream;
        kept.entry.coding = formats::Coding::latents;
        kept.latents = nodes::pack_latents(
            nodes::frame_latents(small_codec(), formats::read_stream(stream.data, "a"), "a"),
            kept.entry);
        kept.data.clear();
        const auto one = restore(archive, stream), other = restore(archive, kept);
        ASSERT_EQ(one.frame->pages.size(), other.frame->pages.size());
        for (size_t p = 0; p < one.frame->pages.size(); ++p)
            EXPECT_EQ(one.frame->pages[p].samples, other.frame->pages[p].samples);
        EXPECT_EQ(one.frame->tags, other.frame->tags);

        kept.latents[kept.latents.size() / 2] ^= std::byte{1};
        EXPECT_NE(error_of([&] { restore(archive, kept); }), "");
        kept.entry.latent_of[1] += 1;
        EXPECT_THAT(error_of([&] { restore(archive, kept); }), HasSubstr("do not fit"));
    }
}

}  // namespace
