#include "formats/stream.hpp"
#include "nodes/frame_codec.hpp"
#include "tests/nodes/frozen_codec.hpp"

namespace {

using formats::Frame;
using nodes::EncodedFrame;
using testing::HasSubstr;

EncodedFrame stream() {
    return {encode_frame(small_codec(), wave_frame(200, 150),
                         {.quality = 1, .target = {}, .tile_size = 64})
                .bytes,
            "a.lfs"};
}

struct Decoding {
    explicit Decoding(const std::string& options = "")
        : runner("decode_frame", "{model: " + codec_file(folder) + options + "}") {}

    Frame decode(const EncodedFrame& stream) {
        return runner.map<EncodedFrame, Frame>("stream", stream, "frame");
    }

    Scratch folder;
    Runner runner;
};

TEST(DecodeFrame, MakesTheFrameAgain) {
    const Frame frame = Decoding().decode(stream());
    EXPECT_EQ(frame.pages.at(0).width, 200);
    EXPECT_EQ(frame.pages.at(0).height, 150);
    const Frame part = Decoding(", window: [10, 20, 30, 40]").decode(stream());
    EXPECT_EQ(part.pages.at(0).width, 30);
    EXPECT_EQ(part.pages.at(0).height, 40);
    EXPECT_EQ(part.pages[0].samples[0], frame.pages[0].samples[20 * 200 + 10]);
}

TEST(DecodeFrame, KeepsDamagedFramesIfAsked) {
    EncodedFrame damaged = stream();
    damaged.bytes.pop_back();
    EXPECT_THAT(error_of([&] { Decoding().decode(damaged); }), HasSubstr("a.lfs: damaged"));
    Decoding keeping(", keep_damaged: true");
    EXPECT_EQ(keeping.decode(damaged).pages.at(0).width, 200);
    ASSERT_EQ(keeping.runner.warnings.size(), 1U);
    EXPECT_THAT(keeping.runner.warnings[0], HasSubstr("a.lfs: "));
}

TEST(DecodeFrame, RefusesWhatIsTooLarge) {
    EXPECT_THAT(error_of([&] { Decoding(", max_samples: 29999").decode(stream()); }),
                HasSubstr("29999 samples are the limit"));
    EXPECT_EQ(Decoding(", max_samples: 30000").decode(stream()).pages.size(), 1U);
}

TEST(DecodeFrame, FindsTheModelOfAStreamInAFolder) {
    const Scratch folder;
    codec_file(folder);
    nodes::Codec other = small_codec();
    other.frozen = models::small_codec(6);
    other.name = "other";
    other.digest = nodes::codec_digest(*other.frozen);
    write_codec(folder / "other.h5", other);
    std::filesystem::rename(folder / "codec.h5", folder / "first.h5");
    std::filesystem::create_directory(folder / "empty");
    const auto bytes = [](const nodes::Codec& codec) {
        return encode_frame(codec, wave_frame(64, 64), {.quality = 1}).bytes;
    };
    Runner runner("decode_frame", "{model: " + folder.path().string() + "}");
    for (const nodes::Codec* codec : {&small_codec(), &std::as_const(other)}) {
        const auto frame = runner.map<EncodedFrame, Frame>(
            "stream", EncodedFrame{bytes(*codec), "a.lfs"}, "frame");
        EXPECT_EQ(frame.pages.size(), 1U);
    }
    nodes::Codec third = small_codec();
    third.digest[0] ^= std::byte{1};
    EXPECT_THAT(
        error_of([&] {
            runner.map<EncodedFrame, Frame>("stream", EncodedFrame{bytes(third), "a.lfs"}, "frame");
        }),
        testing::AllOf(HasSubstr("a.lfs: made with model"), HasSubstr("(other)")));
    EXPECT_THAT(
        error_of([&] { Runner("decode_frame", "{model: " + (folder / "empty").string() + "}"); }),
        HasSubstr("holds no frozen codec"));
}

TEST(DecodeFrame, TakesAWindowOfFourNumbers) {
    EXPECT_THAT(error_of([] { Decoding(", window: [1, 2]"); }), HasSubstr("not 2"));
}

}  // namespace
