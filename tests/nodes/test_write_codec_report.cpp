#include "formats/file.hpp"
#include "nodes/coded_image.hpp"
#include "tests/nodes/runner.hpp"

namespace {

using testing::HasSubstr;

/// A curve of six points, each of twice the rate and 3 dB more.
nodes::CodecScores scores(const std::string& codec, double rate) {
    nodes::CodecScores result{codec, {}, {ramp(16, 16, "d/<a>.tif")}};
    for (int i = 0; i < 6; ++i) {
        nodes::StreamScore row;
        row.codec = codec;
        row.path = "d/<a>.tif";
        row.setting = i;
        row.bytes = 100;
        row.bits_per_pixel = rate * std::pow(2, i);
        row.psnr = 30 + 3 * i;
        row.encode_mb_s = row.decode_mb_s = 10;
        row.crop = std::make_shared<const formats::Image>(ramp(16, 16));
        result.streams.push_back(row);
    }
    return result;
}

std::string page(const std::string& params) {
    Runner runner("write_codec_report", params);
    runner.give("scores", scores("jpeg2000_rate", 0.02)).receive();
    runner.give("scores", scores("ours", 0.01)).receive();
    runner.node().finish();
    const auto bytes = formats::read_file(runner.folder / "codecs.html");
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST(WriteCodecReport, ComparesWithTheAnchor) {
    const std::string text = page("{print: false}");
    EXPECT_THAT(text,
                HasSubstr("<td>ours</td><td>-50.0 %</td><td>100 %</td><td>1</td><td>10.0</td>"));
    EXPECT_THAT(page("{print: false, anchor: ours}"),
                HasSubstr("<td>jpeg2000_rate</td><td>+100.0 %"));
}

TEST(WriteCodecReport, HoldsPlotsAndCropsAndNeedsNothingElse) {
    const std::string text = page("{print: false, crop_rate: 0.3, from_rate: 0.04, to_rate: 0.3}");
    EXPECT_THAT(text, HasSubstr("<svg"));
    EXPECT_THAT(text, HasSubstr("&lt;a&gt;.tif"));
    EXPECT_THAT(text, HasSubstr("0.320 bpp, 42.00 dB"));
    EXPECT_THAT(text, HasSubstr("data:image/png;base64,"));
    EXPECT_THAT(text, HasSubstr("prefers-color-scheme: dark"));
    for (const char* outside : {"http://", "https://", "<script", "<link"})
        EXPECT_EQ(text.find(outside), std::string::npos) << outside;
}

TEST(WriteCodecReport, RefusesAnEmptyRange) {
    EXPECT_THAT(error_of([] { Runner("write_codec_report", "{from_rate: 1, to_rate: 0.5}"); }),
                HasSubstr("from_rate"));
}

}  // namespace
