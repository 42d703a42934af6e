#include "nodes/coded_image.hpp"
#include "tests/nodes/runner.hpp"

namespace {

/// A codec whose stream's one byte is added to each sample.
nodes::CodedImage coded_by_adding(formats::Image image, std::vector<int> errors) {
    nodes::CodedImage coded;
    coded.codec = "adds";
    for (const int error : errors)
        coded.streams.push_back({double(error), {std::byte(error)}, 0.5});
    coded.original = std::make_shared<const formats::Image>(image);
    coded.decode = [image](std::span<const std::byte> bytes) {
        formats::Image back = image;
        const float full = image.type == formats::SampleType::u16 ? 65535 : 255;
        for (float& sample : back.samples) sample += std::to_integer<int>(bytes[0]) / full;
        return back;
    };
    return coded;
}

nodes::CodecScores scores(const std::string& params, const nodes::CodedImage& coded) {
    Runner runner("score_codec", params);
    runner.in_pass(0, graph::Purpose::train, "all");
    runner.give("coded", coded).receive().end();
    return *runner.take<nodes::CodecScores>("scores").at(0);
}

TEST(ScoreCodec, TellsRateErrorAndSpeed) {
    const auto result = scores("{}", coded_by_adding(ramp(200, 100), {0, 2}));
    EXPECT_EQ(result.codec, "adds");
    ASSERT_EQ(result.streams.size(), 2u);
    const auto& same = result.streams[0];
    EXPECT_TRUE(std::isinf(same.psnr));
    EXPECT_NEAR(same.ssim, 1, 1e-9);
    EXPECT_EQ(same.max_error, 0);
    const auto& off = result.streams[1];
    EXPECT_EQ(off.setting, 2);
    EXPECT_EQ(off.path, "a.tif");
    EXPECT_EQ(off.bytes, 1u);
    EXPECT_NEAR(off.bits_per_pixel, 8.0 / 20000, 1e-12);
    EXPECT_NEAR(off.psnr, 20 * std::log10(255.0 / 2), 1e-3);
    EXPECT_EQ(off.max_error, 2);
    EXPECT_LT(off.ssim, 1);
    EXPECT_LT(off.ms_ssim, 1);
    EXPECT_NEAR(off.encode_mb_s, 0.02 / 0.5, 1e-9);
    EXPECT_GT(off.decode_mb_s, 0);
}

TEST(ScoreCodec, MeasuresSixteenBitsAgainstThePeakThatIsDeclared) {
    formats::Image image = ramp(64, 64);
    for (float& sample : image.samples) sample *= 0.06f;
    image.type = formats::SampleType::u16;
    EXPECT_NEAR(scores("{}", coded_by_adding(image, {10})).streams[0].psnr,
                20 * std::log10(65535.0 / 10), 1e-2);
    EXPECT_NEAR(scores("{peak: 4095}", coded_by_adding(image, {10})).streams[0].psnr,
                20 * std::log10(4095.0 / 10), 1e-2);
    EXPECT_EQ(scores("{}", coded_by_adding(image, {10})).streams[0].max_error, 10);
}

TEST(ScoreCodec, CropsTheBusiestPart) {
    formats::Image image = make_image(64, 64, std::vector<float>(64 * 64, 0.2f));
    for (size_t y = 32; y < 64; ++y)
        for (size_t x = 16; x < 48; ++x) image.samples[y * 64 + x] = (x + y) % 2 ? 0.9f : 0.1f;
    const auto result = scores("{crop_size: 32}", coded_by_adding(image, {0}));
    ASSERT_EQ(result.originals.size(), 1u);
    EXPECT_EQ(result.originals[0].width, 32);
    EXPECT_EQ(result.originals[0].samples, result.streams[0].crop->samples);
    EXPECT_EQ(result.originals[0].samples[0], 0.1f);
    EXPECT_TRUE(scores("{crops: 0}", coded_by_adding(image, {0})).originals.empty());
}

TEST(ScoreCodec, RefusesAnotherSize) {
    auto coded = coded_by_adding(ramp(64, 64), {0});
    coded.decode = [](std::span<const std::byte>) { return ramp(64, 63); };
    EXPECT_THAT(error_of([&] { scores("{}", coded); }), testing::HasSubstr("another size"));
}

}  // namespace
