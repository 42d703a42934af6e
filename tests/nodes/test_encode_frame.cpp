#include "formats/stream.hpp"
#include "tests/nodes/frozen_codec.hpp"

namespace {

using nodes::EncodedFrame;
using testing::HasSubstr;

std::vector<std::byte> encode(const std::string& options, bool generative = false,
                              formats::SampleType type = formats::SampleType::u8) {
    const Scratch folder;
    Runner runner("encode_frame", "{model: " + codec_file(folder, generative) + options + "}");
    const auto stream = runner.map<formats::Frame, EncodedFrame>(
        "frame", wave_frame(200, 150, 1, 1, type), "stream");
    EXPECT_EQ(stream.path, "a.tif");
    return stream.bytes;
}

TEST(EncodeFrame, MakesAStreamAsAskedFor) {
    const auto low = encode(", quality: 0.5"), high = encode(", quality: 2");
    EXPECT_LT(low.size(), high.size());
    EXPECT_EQ(formats::read_stream(low, "test").header.quality, 8);
    EXPECT_EQ(formats::read_stream(encode(", quality: 1, tile_size: 64"), "test").tiles.size(),
              12U);
    const double bpp = 8 * static_cast<double>(low.size() + high.size()) / 2 / (200 * 150);
    const auto between = encode(fmt::format(", quality: 1, target: {{bpp: {}}}", bpp)).size();
    EXPECT_GE(between, low.size());
    EXPECT_LE(between, (low.size() + high.size()) / 2);
    EXPECT_EQ(encode(", quality: 1, target: {psnr: 200}"), high);
}

TEST(EncodeFrame, TakesAWhiteAndACurveForSixteenBits) {
    const auto header = [](const std::string& grey) {
        const auto bytes =
            encode(", quality: 1, grey: {" + grey + "}", false, formats::SampleType::u16);
        return formats::read_stream(bytes, "test").header;
    };
    EXPECT_EQ(header("white: 30000").scale, 30000);
    EXPECT_FALSE(header("").squares);
    EXPECT_TRUE(header("square_root: true").squares);
}

TEST(EncodeFrame, SaysWhatNoQualityReaches) {
    const Scratch folder;
    Runner runner("encode_frame",
                  "{model: " + codec_file(folder) + ", quality: 1, target: {psnr: 150}}");
    runner.give("frame", wave_frame(64, 64)).receive();
    ASSERT_EQ(runner.warnings.size(), 1U);
    EXPECT_THAT(runner.warnings[0],
                testing::AllOf(HasSubstr("a.tif: at quality 2, the best"), HasSubstr("not met")));
}

TEST(EncodeFrame, GenerativeModelsMustBeAskedFor) {
    EXPECT_THAT(error_of([] { encode(", quality: 1", true); }),
                HasSubstr("allow_generative: true"));
    EXPECT_TRUE(formats::read_stream(encode(", quality: 1, allow_generative: true", true), "test")
                    .header.generative);
    EXPECT_FALSE(formats::read_stream(encode(", quality: 1"), "test").header.generative);
}

TEST(EncodeFrame, SaysWhatIsWrongBeforeItStarts) {
    EXPECT_THAT(error_of([] { encode(""); }), HasSubstr("quality 4: the model has 0 to 2"));
    EXPECT_THAT(error_of([] { encode(", quality: 1, target: {bpp: 1, psnr: 30}"); }),
                HasSubstr("not both"));
    EXPECT_THAT(error_of([] { encode(", quality: 1, tile_size: 96"); }), HasSubstr("tile_size 96"));
    EXPECT_THAT(error_of([] { Runner("encode_frame", "{model: nowhere.h5}"); }),
                HasSubstr("nowhere.h5"));
}

}  // namespace
