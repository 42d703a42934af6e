// Frames to streams and back: any size, type and number of planes; any window is the crop of the
// whole; damage is seen and kept to where it is.
#include "formats/error.hpp"
#include "nodes/frame_codec.hpp"
#include "tests/nodes/frozen_codec.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include <tbb/task_arena.h>

namespace {

using formats::SampleType;
using nodes::DecodedFrame;
using nodes::FrameWindow;
using testing::HasSubstr;

std::vector<std::byte> encoded(const formats::Frame& frame, nodes::EncodeOptions options = {}) {
    if (options.quality > 2) options.quality = 1.5;
    return nodes::encode_frame(small_codec(), frame, options).bytes;
}

DecodedFrame decoded(std::span<const std::byte> stream, const nodes::DecodeOptions& options = {}) {
    return nodes::decode_frame(small_codec(), stream, "a.lfs", options);
}

std::vector<float> crop(const formats::Image& image, const FrameWindow& window) {
    std::vector<float> samples;
    for (int c = 0; c < image.channels; ++c)
        for (uint64_t y = 0; y < window.height; ++y)
            for (uint64_t x = 0; x < window.width; ++x)
                samples.push_back(
                    image.samples[(static_cast<size_t>(c * image.height) + window.y + y) *
                                      static_cast<size_t>(image.width) +
                                  window.x + x]);
    return samples;
}

struct Layout {
    int width, height, channels, pages;
    SampleType type;
};

class Layouts : public testing::TestWithParam<Layout> {};

TEST_P(Layouts, ComeBackAsTheyWere) {
    const auto [width, height, channels, pages, type] = GetParam();
    formats::Frame frame = wave_frame(width, height, channels, pages, type);
    frame.tags[270] = {std::byte{'h'}, std::byte{'i'}};
    const auto back = decoded(encoded(frame)).frame;
    ASSERT_EQ(back.pages.size(), frame.pages.size());
    EXPECT_EQ(back.tags, frame.tags);
    EXPECT_EQ(back.path(), "a.lfs");
    for (int page = 0; page < pages; ++page) {
        const formats::Image& image = back.pages[static_cast<size_t>(page)];
        EXPECT_EQ(image.width, width);
        EXPECT_EQ(image.height, height);
        EXPECT_EQ(image.channels, channels);
        EXPECT_EQ(image.type, type);
        EXPECT_EQ(image.page, page);
        EXPECT_EQ(image.samples.size(), frame.pages[0].samples.size());
    }
}

INSTANTIATE_TEST_SUITE_P(Frames, Layouts,
                         testing::Values(Layout{1, 1, 1, 1, SampleType::u8},
                                         Layout{130, 70, 1, 1, SampleType::u8},
                                         Layout{50, 40, 3, 1, SampleType::u8},
                                         Layout{33, 65, 1, 4, SampleType::u16},
                                         Layout{64, 64, 2, 2, SampleType::u16}));

/// What the model's white stands for, of a frame of waves of 16 bits.
int white(nodes::GreyScale grey) {
    const formats::Frame frame = wave_frame(64, 64, 1, 1, SampleType::u16);
    const auto stream = encoded(frame, {.quality = 1, .grey = std::move(grey)});
    return formats::read_stream(stream, "test").header.scale;
}

TEST(FrameCodec, GivesSixteenBitsAWhiteOfTheirOwn) {
    const formats::Frame frame = wave_frame(64, 64, 1, 1, SampleType::u16);
    const float most = *std::ranges::max_element(frame.pages[0].samples);
    const int brightest = formats::to_stored<uint16_t>(most);
    EXPECT_EQ(white({}), 2 * brightest);
    EXPECT_EQ(white({.white = 20000}), 20000);
    EXPECT_EQ(white({.white = 10}), brightest);  // nothing is cut off
    EXPECT_EQ(formats::read_stream(encoded(wave_frame(64, 64)), "test").header.scale, 0);
    EXPECT_EQ(encoded(wave_frame(64, 64), {.grey = {.white = 9, .square_root = true}}),
              encoded(wave_frame(64, 64)));
}

TEST(FrameCodec, HasSquaresOfWhatTheModelMakes) {
    const formats::Frame frame = wave_frame(96, 64, 1, 1, SampleType::u16);
    const auto stream =
        encoded(frame, {.quality = 1, .grey = {.white = 9000, .square_root = true}});
    EXPECT_TRUE(formats::read_stream(stream, "test").header.squares);
    const auto& codec = *small_codec().frozen;
    const auto tile = formats::read_stream(stream, "test").tiles[0];
    const auto latents = codec.decode(tile.payload, 4, 6, 16);
    const models::Window all{0, 0, 4, 6};
    std::vector<int32_t> steps(latents.values.size());
    codec.dequantise(latents, 16, all, all, steps);
    std::vector<uint16_t> made(96 * 64);
    codec.synthesis().run({4, 6, all, steps}, {0, 0, 64, 96}, made);
    const auto samples = decoded(stream).frame.pages[0].samples;
    for (size_t i = 0; i < made.size(); ++i)
        EXPECT_NEAR(formats::to_stored<uint16_t>(samples[i]), 9000 * std::pow(made[i] / 4080.0, 2),
                    0.5 + 1e-6);
}

TEST(FrameCodec, AWindowIsTheCropOfTheWhole) {
    const formats::Frame frame = wave_frame(300, 200, 1, 2);
    const auto stream = encoded(frame, {.quality = 1, .target = {}, .tile_size = 64});
    const auto whole = decoded(stream).frame;
    for (const FrameWindow window : {FrameWindow{0, 0, 300, 200},
                                     {299, 199, 1, 1},
                                     {0, 0, 1, 1},
                                     {60, 70, 10, 3},
                                     {63, 0, 66, 200},
                                     {17, 33, 251, 101}}) {
        const auto part = decoded(stream, {.window = window}).frame;
        for (size_t page = 0; page < 2; ++page)
            EXPECT_EQ(part.pages[page].samples, crop(whole.pages[page], window));
    }
    for (const FrameWindow window :
         {FrameWindow{0, 0, 301, 1}, {300, 0, 1, 1}, {0, 0, 0, 5}, {1, 0, UINT64_MAX, 1}})
        EXPECT_THAT(error_of([&] { decoded(stream, {.window = window}); }),
                    HasSubstr("is not within 300 x 200"));
}

TEST(FrameCodec, IsTheSameOnAnyNumberOfThreads) {
    const formats::Frame frame = wave_frame(200, 200);
    const auto stream = encoded(frame, {.quality = 1, .target = {}, .tile_size = 64});
    for (const int threads : {1, 2, 4})
        tbb::task_arena(threads).execute([&] {
            EXPECT_EQ(encoded(frame, {.quality = 1, .target = {}, .tile_size = 64}), stream);
            EXPECT_EQ(decoded(stream).frame.pages[0].samples,
                      decoded(stream).frame.pages[0].samples);
        });
}

TEST(FrameCodec, OfOneTileTakesFortyBytesBesideItsPayload) {
    const formats::Frame frame = wave_frame(500, 500);
    const auto stream = encoded(frame);
    const auto parsed = formats::read_stream(stream, "test");
    ASSERT_EQ(parsed.tiles.size(), 1U);
    EXPECT_LE(stream.size() - parsed.tiles[0].payload.size(), 40U);
}

TEST(FrameCodec, MeetsARateOrAnError) {
    const formats::Frame frame = wave_frame(256, 256);
    const auto size = [&](nodes::RateTarget target) {
        return encoded(frame, {.quality = 0, .target = target}).size();
    };
    const size_t least = encoded(frame, {.quality = 0}).size();
    const size_t most = encoded(frame, {.quality = 2}).size();
    ASSERT_LT(least + 30, most);
    const double middle = 8 * static_cast<double>(least + most) / 2 / (256 * 256);
    EXPECT_LE(size({.bpp = middle}), (least + most) / 2);
    EXPECT_GT(size({.bpp = middle}), least);
    EXPECT_EQ(size({.bpp = 60}), most);
    const auto tried =
        nodes::encode_frame(small_codec(), frame, {.quality = 1, .target = {.bpp = 1e-6}});
    EXPECT_EQ(tried.bytes.size(), least);  // nothing is smaller
    EXPECT_FALSE(tried.meets_target);
    EXPECT_EQ(tried.quality, 0);

    const auto psnr = [&](const std::vector<std::byte>& stream) {
        const auto back = decoded(stream).frame.pages[0].samples;
        double sum = 0;
        for (size_t i = 0; i < back.size(); ++i)
            sum += std::pow(double{back[i]} - double{frame.pages[0].samples[i]}, 2);
        return -10 * std::log10(sum / static_cast<double>(back.size()));
    };
    const double worst = psnr(encoded(frame, {.quality = 0}));
    const double best = psnr(encoded(frame, {.quality = 2}));
    const double wanted = std::min(worst, best) + 0.25 * std::abs(best - worst);
    EXPECT_GE(psnr(encoded(frame, {.quality = 0, .target = {.psnr = wanted}})), wanted - 1e-6);
}

TEST(FrameCodec, DamageCostsItsTileAndAMargin) {
    const formats::Frame frame = wave_frame(640, 64);
    auto stream = encoded(frame, {.quality = 1, .target = {}, .tile_size = 64});
    const auto whole = decoded(stream).frame.pages[0];
    const auto parsed = formats::read_stream(stream, "test");
    ASSERT_EQ(parsed.tiles.size(), 10U);
    const auto at = parsed.tiles[4].payload.data() - stream.data();
    stream[static_cast<size_t>(at)] ^= std::byte{1};

    EXPECT_THAT(error_of([&] { decoded(stream); }),
                testing::AllOf(HasSubstr("a.lfs: damaged: "), HasSubstr("keep_damaged")));
    const DecodedFrame rest = decoded(stream, {.keep_damaged = true});
    ASSERT_EQ(rest.damage.size(), 1U);
    const FrameWindow& area = rest.damage[0].area;
    EXPECT_LT(area.x, 4U * 64);
    EXPECT_GE(area.x, 3U * 64 - 64);
    EXPECT_LE(area.x + area.width, 6U * 64 + 64);
    bool differs = false;
    for (uint64_t i = 0; i < whole.samples.size(); ++i) {
        const uint64_t x = i % 640;
        const bool inside = x >= area.x && x < area.x + area.width;
        if (!inside) {
            ASSERT_EQ(rest.frame.pages[0].samples[i], whole.samples[i]) << x;
        }
        differs |= rest.frame.pages[0].samples[i] != whole.samples[i];
    }
    EXPECT_TRUE(differs);
    // A window that does not need the tile is whole.
    EXPECT_TRUE(decoded(stream, {.window = FrameWindow{500, 0, 140, 64}}).damage.empty());
}

TEST(FrameCodec, OtherPixelsThanWereEncodedAreNotPassedOn) {
    const auto stream = encoded(wave_frame(64, 64));
    const auto parsed = formats::read_stream(stream, "test");
    formats::StreamHeader header = parsed.header;
    header.pixels[3] ^= std::byte{4};
    const std::vector<std::byte> payload(parsed.tiles[0].payload.begin(),
                                         parsed.tiles[0].payload.end());
    EXPECT_THAT(error_of([&] { decoded(formats::write_stream(header, {{payload}})); }),
                HasSubstr("other pixels than were encoded"));
    header = parsed.header;
    header.model[0] ^= std::byte{1};
    EXPECT_THAT(error_of([&] { decoded(formats::write_stream(header, {{payload}})); }),
                HasSubstr("but this is model"));
    header = parsed.header;
    header.quality = 33;
    EXPECT_THAT(error_of([&] { decoded(formats::write_stream(header, {{payload}})); }),
                HasSubstr("quality 33 of 33"));
}

// Every bit of a stream counts: what is flipped or cut off is refused, or costs a tile, but is
// never passed on as if it were right.
TEST(FrameCodec, NoFlippedOrCutStreamPassesAsRight) {
    const auto stream = encoded(wave_frame(100, 90), {.quality = 1, .target = {}, .tile_size = 64});
    const auto right = decoded(stream).frame.pages[0].samples;
    int refused = 0;
    const auto try_one = [&](std::span<const std::byte> bytes) {
        try {
            const auto got = decoded(bytes).frame;
            EXPECT_EQ(got.pages[0].samples, right);
        } catch (const formats::FormatError&) {
            ++refused;
        }
    };
    for (size_t bit = 0; bit < 8 * stream.size(); ++bit) {
        auto flipped = stream;
        flipped[bit / 8] ^= std::byte{1} << (bit % 8);
        try_one(flipped);
    }
    for (size_t size = 0; size < stream.size(); ++size) try_one(std::span(stream).first(size));
    EXPECT_EQ(refused, static_cast<int>(9 * stream.size()));
}

/// How many random streams are tried: LATENTFLOW_RANDOM_STREAMS, for a long run by hand.
int random_streams() {
    const char* const text = std::getenv("LATENTFLOW_RANDOM_STREAMS");
    return text ? std::stoi(text) : 20'000;
}

// The same by chance, on the model that ships and in a longer stream.
TEST(FrameCodec, NoFlippedOrCutStreamOfTheModelThatShipsPassesAsRight) {
    const nodes::Codec codec = nodes::load_codec("data/models/fluorescence.h5");
    const auto stream =
        nodes::encode_frame(codec, wave_frame(300, 200), {.quality = 3, .tile_size = 128}).bytes;
    const auto right = nodes::decode_frame(codec, stream, "a.lfs", {}).frame.pages[0].samples;
    graph::Random random(2);
    const auto below = [&](size_t limit) { return random.below(limit); };
    const int tries = random_streams() / 100;
    int refused = 0;
    for (int i = 0; i < tries; ++i) {
        auto bytes = stream;
        if (i % 2 == 0) bytes.resize(below(bytes.size()));
        for (uint64_t flips = i % 4 == 0 ? 0 : 1 + below(4); flips > 0 && !bytes.empty(); --flips)
            bytes[below(bytes.size())] ^= std::byte{1} << below(8);
        try {
            const auto got = nodes::decode_frame(codec, bytes, "a.lfs", {}).frame;
            EXPECT_EQ(got.pages[0].samples, right);
        } catch (const formats::FormatError&) {
            ++refused;
        }
        try {  // what is said to be whole is whole
            const auto part = nodes::decode_frame(codec, bytes, "a.lfs", {.keep_damaged = true});
            ASSERT_EQ(part.frame.pages[0].samples.size(), right.size());
            std::vector<char> lost(right.size());
            for (const nodes::Damage& damage : part.damage)
                for (uint64_t y = 0; y < damage.area.height; ++y)
                    std::fill_n(&lost[(damage.area.y + y) * 300 + damage.area.x], damage.area.width,
                                1);
            for (size_t at = 0; at < right.size(); ++at)
                ASSERT_TRUE(lost[at] || part.frame.pages[0].samples[at] == right[at]);
        } catch (const formats::FormatError&) {
        }
    }
    EXPECT_GE(refused, tries - 1);  // two flips may undo each other
}

// Streams whose CRCs are right, but not what they hold: a forger's, or other bytes in good order.
TEST(FrameCodec, RandomStreamsAreRefused) {
    const auto stream = encoded(wave_frame(20, 20), {.quality = 1});
    const auto parsed = formats::read_stream(stream, "test");
    graph::Random random(1);
    const auto below = [&](int limit) {
        return static_cast<int>(random.uniform() * static_cast<double>(limit));
    };
    const auto random_bytes = [&](int count) {
        std::vector<std::byte> bytes(static_cast<size_t>(count));
        for (std::byte& byte : bytes) byte = static_cast<std::byte>(below(256));
        return bytes;
    };
    int refused = 0;
    const int tries = random_streams();
    for (int i = 0; i < tries; ++i) {
        std::vector<std::byte> bytes;
        if (i % 4 == 0) {  // a payload that is none
            formats::StreamHeader header = parsed.header;
            header.quality = below(34);
            bytes = formats::write_stream(header, {{random_bytes(below(40))}});
        } else if (i % 4 == 1) {  // sizes that cannot be
            bytes = stream;
            for (size_t at = 4; at < 14; ++at) bytes[at] = static_cast<std::byte>(below(256));
        } else if (i % 4 == 2) {
            bytes = random_bytes(below(100));
        } else {  // the beginning is right
            bytes = random_bytes(below(100));
            std::copy_n(stream.begin(), std::min(bytes.size(), static_cast<size_t>(below(30))),
                        bytes.begin());
        }
        try {
            decoded(bytes, {.max_samples = 1 << 16});
            ADD_FAILURE() << "stream " << i << " passed as right";
        } catch (const formats::FormatError&) {
            ++refused;
        }
    }
    EXPECT_EQ(refused, tries);
}

TEST(FrameCodec, SaysWhatItCannotEncode) {
    formats::Frame frame = wave_frame(20, 20, 1, 2);
    frame.pages[1] = wave_frame(20, 21).pages[0];
    EXPECT_THAT(error_of([&] { encoded(frame); }), HasSubstr("another size or type"));
    frame = wave_frame(20, 20);
    frame.pages[0].type = SampleType::f32;
    EXPECT_THAT(error_of([&] { encoded(frame); }), HasSubstr("8 or 16 bits"));
    EXPECT_THAT(
        error_of([&] { nodes::encode_frame(small_codec(), wave_frame(20, 20), {.quality = 9}); }),
        HasSubstr("quality 9: the model has 0 to 2"));
}

}  // namespace
