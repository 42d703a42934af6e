// The container: what is written is read, damage is found where it is, and nothing else gets
// through.
#include "formats/crc32c.hpp"
#include "formats/error.hpp"
#include "formats/stream.hpp"

#include <functional>
#include <random>

#include <gmock/gmock.h>

namespace {

using namespace formats;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Bytes = std::vector<std::byte>;

Bytes bytes_of(std::initializer_list<int> values) {
    Bytes bytes;
    for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
    return bytes;
}

ShortDigest counting(int from) {
    ShortDigest digest{};
    for (std::byte& byte : digest) byte = static_cast<std::byte>(from++);
    return digest;
}

struct Example {
    StreamHeader header;
    std::vector<Bytes> payloads;

    Bytes write() const { return write_stream(header, payloads); }
};

Example one_tile() {
    Example example;
    example.header.width = 300;
    example.header.height = 200;
    example.header.quality = 7;
    example.header.model = counting(1);
    example.header.pixels = counting(100);
    example.payloads = {bytes_of({9, 8, 7, 6, 5})};
    return example;
}

/// 2 pages x 3 channels x 2 x 3 tiles, all that a header can hold.
Example many_tiles() {
    Example example;
    StreamHeader& header = example.header;
    header = {.generative = true,
              .bit_depth = 12,
              .tile_size = 64,
              .quality = 255,
              .scale = 40000,
              .width = 130,
              .height = 128,
              .channels = 3,
              .pages = 2,
              .model = counting(17),
              .pixels = counting(200),
              .tags = {}};
    header.tags[270] = bytes_of({'c', 'e', 'l', 'l', 's'});
    header.tags[282] = bytes_of({72, 0, 0, 0, 1, 0, 0, 0});
    header.tags[65535] = {};
    for (int tile = 0; tile < 36; ++tile) {
        Bytes& payload = example.payloads.emplace_back();
        for (int i = 0; i < tile % 5 * 3; ++i) payload.push_back(static_cast<std::byte>(tile * i));
    }
    return example;
}

std::string hex(std::span<const std::byte> bytes) {
    std::string text;
    for (const std::byte byte : bytes)
        for (const int shift : {4, 0})
            text += "0123456789abcdef"[std::to_integer<size_t>(byte) >> shift & 15];
    return text;
}

std::string error_of(const std::function<void()>& body) {
    try {
        body();
    } catch (const FormatError& error) {
        return error.what();
    }
    return "";
}

/// Reads what may be damaged. False: it is refused. Whatever is not marked must be as it was.
bool reads(std::span<const std::byte> bytes, const Example& original,
           std::vector<size_t>* damaged = nullptr) {
    try {
        const Stream stream = read_stream(bytes, "x.lfs");
        EXPECT_EQ(write_stream(stream.header, original.payloads), original.write());
        EXPECT_EQ(stream.tiles.size(), original.payloads.size());
        for (size_t i = 0; i < stream.tiles.size(); ++i) {
            const Tile& tile = stream.tiles[i];
            EXPECT_EQ(Bytes(tile.payload.begin(), tile.payload.end()),
                      tile.damaged ? Bytes() : original.payloads[i]);
        }
        if (damaged) *damaged = stream.damaged_tiles();
        return true;
    } catch (const FormatError&) {
        return false;
    }
}

TEST(Stream, IsReadAsItWasWritten) {
    for (const Example& example : {one_tile(), many_tiles()}) {
        const Bytes bytes = example.write();
        std::vector<size_t> damaged;
        EXPECT_TRUE(reads(bytes, example, &damaged));
        EXPECT_TRUE(damaged.empty());
    }
    const Bytes bytes = many_tiles().write();
    const StreamHeader header = read_stream(bytes, "x").header;
    EXPECT_TRUE(header.generative);
    EXPECT_EQ(header.bit_depth, 12);
    EXPECT_EQ(header.tile_size, 64);
    EXPECT_EQ(header.quality, 255);
    EXPECT_EQ(header.scale, 40000);
    EXPECT_EQ(header.width, 130U);
    EXPECT_EQ(header.height, 128U);
    EXPECT_EQ(header.channels, 3U);
    EXPECT_EQ(header.pages, 2U);
    EXPECT_EQ(header.tile_columns(), 3U);
    EXPECT_EQ(header.tile_rows(), 2U);
    EXPECT_EQ(header.model, counting(17));
    EXPECT_EQ(header.pixels, counting(200));
    EXPECT_EQ(header.tags, many_tiles().header.tags);
}

// The format is frozen: these bytes were made by a program of its own, after stream.md.
TEST(Stream, BytesStayAsTheyWere) {
    EXPECT_EQ(hex(one_tile().write()),
              "8c4c4601004007ac02c80101020304050607086465666768696a6b05a9508e66b1a9d1d109080706"
              "05");
    Example example = many_tiles();
    example.header.channels = 1;
    example.payloads.resize(12);
    EXPECT_EQ(hex(example.write()),
              "8c4c46010f04ff820180010102409c1112131415161718c8c9cacbcccdcecf030e010563656c6c73"
              "1a01084800000001000000ffff00000000000003fa4bfd9206b68f6d7b098dd6b0970c30bc00cd00"
              "0000000003983de844067b66d65909dd3681f20caafaeeda000000000003dce868ffe844932b0001"
              "0200020406080a000306090c0f1215180004080c1014181c2024282c00060c00070e151c23000810"
              "1820283038400009121b242d363f48515a63000b16");
}

TEST(Stream, HasAtMost40BytesBesideOneTile) {
    Example example = one_tile();
    EXPECT_EQ(example.write().size() - example.payloads[0].size(), 36U);
    example.header.width = example.header.height = 16383;
    example.header.tile_size = 16384;
    example.header.bit_depth = 16;
    example.header.scale = 65535;
    example.payloads[0].resize((size_t{1} << 21) - 1);
    const Bytes bytes = example.write();
    EXPECT_EQ(bytes.size() - example.payloads[0].size(), 40U);
    EXPECT_TRUE(reads(bytes, example));
}

TEST(Stream, DamageToATileIsItsOwn) {
    const Example example = many_tiles();
    const Bytes bytes = example.write();
    size_t payloads = 0;
    for (const auto& payload : example.payloads) payloads += payload.size();
    size_t place = bytes.size() - payloads;
    for (size_t tile = 0; tile < example.payloads.size(); ++tile)
        for (size_t i = 0; i < example.payloads[tile].size(); ++i, ++place) {
            Bytes flipped = bytes;
            flipped[place] ^= std::byte{64};
            std::vector<size_t> damaged;
            EXPECT_TRUE(reads(flipped, example, &damaged));
            EXPECT_THAT(damaged, ElementsAre(tile));
        }
}

TEST(Stream, EveryTruncationIsNoticed) {
    for (const Example& example : {one_tile(), many_tiles()}) {
        const Bytes bytes = example.write();
        size_t payloads = 0;
        for (const auto& payload : example.payloads) payloads += payload.size();
        for (size_t size = 0; size < bytes.size(); ++size) {
            std::vector<size_t> damaged;
            const bool header = size >= bytes.size() - payloads;
            EXPECT_EQ(reads(std::span(bytes).first(size), example, &damaged), header) << size;
            if (header) {
                EXPECT_FALSE(damaged.empty()) << size;
                EXPECT_EQ(damaged.back(),
                          example.payloads.size() - 1 - (example.payloads.back().empty() ? 1 : 0));
            }
        }
    }
}

TEST(Stream, EveryFlippedBitIsNoticed) {
    for (const Example& example : {one_tile(), many_tiles()}) {
        const Bytes bytes = example.write();
        for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
            Bytes flipped = bytes;
            flipped[bit / 8] ^= std::byte{1} << bit % 8;
            std::vector<size_t> damaged;
            const bool header = !reads(flipped, example, &damaged);
            EXPECT_EQ(damaged.size(), header ? 0U : 1U) << bit;
        }
    }
}

TEST(Stream, RandomDamageIsNoticed) {
    const std::vector<Example> examples = {one_tile(), many_tiles()};
    std::mt19937 random(11);
    const auto below = [&](size_t limit) { return static_cast<size_t>(random()) % limit; };
    for (int trial = 0; trial < 10000; ++trial) {
        const Example& example = examples[below(2)];
        const Bytes bytes = example.write();
        Bytes changed = bytes;
        for (size_t times = 1 + below(8); times > 0 && !changed.empty(); --times) {
            const auto at = changed.begin() + static_cast<std::ptrdiff_t>(below(changed.size()));
            switch (below(4)) {
                case 0:
                    *at = static_cast<std::byte>(random());
                    break;
                case 1:
                    changed.insert(at, static_cast<std::byte>(random()));
                    break;
                case 2:
                    changed.erase(at);
                    break;
                default:
                    changed.erase(at, at + static_cast<std::ptrdiff_t>(
                                               below(static_cast<size_t>(changed.end() - at))));
                    break;
            }
        }
        if (changed == bytes) continue;
        std::vector<size_t> damaged;
        EXPECT_TRUE(!reads(changed, example, &damaged) || !damaged.empty()) << trial;
    }
}

/// As someone would write it who knows the format and means harm.
Bytes with_right_crc(Bytes header) {
    const uint32_t crc = crc32c(header);
    for (int shift = 0; shift < 32; shift += 8)
        header.push_back(static_cast<std::byte>(crc >> shift & 255));
    return header;
}

TEST(Stream, WellSignedNonsenseIsRefusedBeforeMemoryIsTaken) {
    std::mt19937 random(12);
    const Bytes good = many_tiles().write();
    for (int trial = 0; trial < 10000; ++trial) {
        Bytes header(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(random() % 300));
        for (int times = 0; times < 4 && !header.empty(); ++times)
            header[random() % header.size()] =
                static_cast<std::byte>(random() % 3 ? 255 : random());
        const Bytes bytes = with_right_crc(header);
        try {
            const Stream stream = read_stream(bytes, "x");
            EXPECT_LE(stream.tiles.size(), bytes.size() / 5);
        } catch (const FormatError&) {
        }
    }
}

TEST(Stream, SaysWhetherSamplesAreSquares) {
    for (const bool squares : {false, true}) {
        Example example = one_tile();
        example.header.squares = squares;
        EXPECT_EQ(read_stream(example.write(), "test").header.squares, squares);
    }
}

TEST(Stream, SaysWhatIsWrong) {
    const Bytes good = one_tile().write();
    const auto error = [&](const std::function<void(Bytes&)>& change, StreamLimits limits = {}) {
        Bytes bytes = good;
        change(bytes);
        return error_of([&] { read_stream(bytes, "a.lfs", limits); });
    };
    const auto set = [](size_t place, int value) {
        return [=](Bytes& bytes) { bytes[place] = static_cast<std::byte>(value); };
    };
    EXPECT_EQ(error(set(0, 'I')), "a.lfs: this is no stream of ours");
    EXPECT_THAT(error(set(3, 2)),
                HasSubstr("version 2 of the stream; this program reads version 1"));
    EXPECT_THAT(error(set(4, 32)), HasSubstr("flags"));
    EXPECT_THAT(error(set(5, 9)), HasSubstr("a bit depth of 17"));
    EXPECT_THAT(error(set(6, 8)), HasSubstr("CRC is wrong"));
    EXPECT_THAT(error(set(8, 0)), HasSubstr("a number that is none"));
    EXPECT_THAT(error(set(7, 0)), HasSubstr("the width is 0"));
    EXPECT_THAT(error([](Bytes& bytes) { bytes.push_back(std::byte{0}); }),
                HasSubstr("1 bytes follow"));
    EXPECT_THAT(error([](Bytes&) {}, {.samples = 300 * 200 - 1}),
                HasSubstr("1 pages of 1 x 200 x 300"));
    EXPECT_EQ(error([](Bytes&) {}, {.samples = 300 * 200}), "");

    const auto refused = [](const std::function<void(StreamHeader&)>& change) {
        Example example = one_tile();
        change(example.header);
        return error_of([&] { example.write(); });
    };
    EXPECT_THAT(refused([](auto& h) { h.width = 0; }), HasSubstr("width 0"));
    EXPECT_THAT(refused([](auto& h) { h.width = UINT64_MAX; }), HasSubstr("width"));
    EXPECT_THAT(refused([](auto& h) { h.width = h.height = uint64_t{1} << 40; }),
                HasSubstr("samples"));
    EXPECT_THAT(refused([](auto& h) { h.channels = 0; }), HasSubstr("channels 0"));
    EXPECT_THAT(refused([](auto& h) { h.bit_depth = 7; }), HasSubstr("bit depth"));
    EXPECT_THAT(refused([](auto& h) { h.quality = -1; }), HasSubstr("quality"));
    EXPECT_THAT(refused([](auto& h) { h.scale = 65536; }), HasSubstr("scale"));
    EXPECT_THAT(refused([](auto& h) { h.tile_size = 1000; }), HasSubstr("powers of 2"));
    EXPECT_THAT(refused([](auto& h) { h.tile_size = 32; }), HasSubstr("tile size"));
    EXPECT_THAT(refused([](auto& h) { h.pages = 2; }), HasSubstr("2 tiles got 1 payloads"));
}

}  // namespace
