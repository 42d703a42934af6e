#include "formats/csv.hpp"
#include "formats/lossless.hpp"
#include "formats/stream.hpp"
#include "formats/tiff_frame.hpp"
#include "formats/tiff_writer.hpp"
#include "nodes/fidelity.hpp"
#include "nodes/frame_codec.hpp"
#include "tests/nodes/archives.hpp"
#include "tests/nodes/frozen_codec.hpp"

namespace {

namespace fs = std::filesystem;
using formats::Coding;
using formats::Frame;
using formats::SampleType;
using nodes::EncodedImage;
using nodes::OriginalImage;
using ::testing::HasSubstr;

class ArchiveImage : public ::testing::Test {
  protected:
    /// What becomes of the file at file_, at quality 1 unless told.
    EncodedImage encode(const std::string& options = ", quality: {level: 1}") {
        const auto image = image_of(plan_of(folder_.path(), {"a.tif"}, 1, "plate/"), 0);
        Runner runner("archive_image", "{model: " + model_ + options + "}");
        const auto encoded = runner.map<OriginalImage, EncodedImage>(
            "original", {image, formats::read_file(file_)}, "encoded");
        EXPECT_EQ(encoded.entry.path, "plate/a.tif");
        EXPECT_EQ(encoded.entry.sha256, formats::sha256_file(file_));
        EXPECT_EQ(encoded.entry.size, fs::file_size(file_));
        EXPECT_LE(encoded.data.size(), encoded.entry.size);
        EXPECT_EQ(encoded.image.file, file_.string());
        return encoded;
    }
    void expect_original(const EncodedImage& encoded) {
        EXPECT_EQ(encoded.entry.coding, Coding::original);
        EXPECT_EQ(encoded.data, formats::read_file(file_));
        EXPECT_EQ(encoded.entry.model, "");
    }
    void expect_lossless(const EncodedImage& encoded, const Frame& frame) {
        ASSERT_EQ(encoded.entry.coding, Coding::jpegxl);
        EXPECT_TRUE(std::isinf(encoded.entry.psnr));
        EXPECT_EQ(encoded.entry.ssim, 1);
        EXPECT_EQ(encoded.entry.max_error, 0);
        EXPECT_EQ(encoded.entry.model, "");
        const auto back = formats::decode_lossless(encoded.data, encoded.entry.parts,
                                                   frame.pages[0], frame.pages.size(), "test");
        for (size_t page = 0; page < frame.pages.size(); ++page)
            EXPECT_EQ(back.pages[page].samples, frame.pages[page].samples);
    }
    formats::StreamHeader header(const EncodedImage& encoded) {
        EXPECT_EQ(encoded.entry.coding, Coding::stream);
        return formats::read_stream(encoded.data, "test").header;
    }

    Scratch folder_;
    const fs::path file_ = folder_ / "a.tif";
    const std::string model_ = codec_file(folder_);
};

TEST_F(ArchiveImage, KeepsAStreamAndSaysWhatItDecodesTo) {
    Frame frame = wave_frame(100, 80, 3, 2);
    frame.tags[270] = bytes_of("hi");
    formats::write_tiff(file_, frame);
    const auto encoded = encode();
    const auto& entry = encoded.entry;
    ASSERT_EQ(entry.coding, Coding::stream);
    EXPECT_EQ(std::tuple(entry.width, entry.height, entry.channels, entry.pages, entry.type),
              std::tuple(100u, 80u, 3u, 2u, "u8"));
    EXPECT_EQ(entry.tags.at(270), bytes_of("hi"));
    EXPECT_EQ(entry.model, formats::hex(small_codec().digest));

    const auto back = nodes::decode_frame(small_codec(), encoded.data, "test", {}).frame;
    EXPECT_EQ(back.tags, entry.tags);
    std::vector<uint16_t> pixels;
    for (const auto& page : back.pages)
        for (const float sample : page.samples)
            pixels.push_back(formats::to_stored<uint8_t>(sample));
    const auto kept = nodes::fidelity(frame, pixels);
    EXPECT_EQ(entry.psnr, kept.psnr);
    EXPECT_EQ(entry.ssim, kept.ssim);
    EXPECT_EQ(entry.max_error, kept.max_error);
    EXPECT_GT(entry.max_error, 0);
}

TEST_F(ArchiveImage, AStreamThatBreaksAPromiseIsNotKept) {
    for (const SampleType type : {SampleType::u8, SampleType::u16}) {
        const Frame frame = wave_frame(100, 80, 1, 2, type);
        formats::write_tiff(file_, frame);
        const auto free = encode().entry;
        ASSERT_EQ(free.coding, Coding::stream);
        const auto promise = [&](const std::string& what) {
            return encode(", quality: {level: 1, " + what + "}");
        };
        EXPECT_EQ(promise(fmt::format("min_psnr: {}", free.psnr - 0.01)).entry.coding,
                  Coding::stream);
        expect_lossless(promise(fmt::format("min_psnr: {}", free.psnr + 0.01)), frame);
        EXPECT_EQ(promise(fmt::format("max_error: {}", free.max_error)).entry.coding,
                  Coding::stream);
        expect_lossless(promise(fmt::format("max_error: {}", free.max_error - 1)), frame);
        const auto original = promise("min_psnr: 200, otherwise: original");
        expect_original(original);
        EXPECT_EQ(original.entry.max_error, 0);
        EXPECT_EQ(original.entry.width, 100u);
        EXPECT_EQ(original.entry.type, type == SampleType::u8 ? "u8" : "u16");
    }
}

TEST_F(ArchiveImage, AnErrorThatWasAskedForIsAPromise) {
    const Frame frame = wave_frame(200, 150);
    formats::write_tiff(file_, frame);
    const double low = encode(", quality: {level: 0}").entry.psnr;
    const double high = encode(", quality: {level: 2}").entry.psnr;
    ASSERT_LT(low, high);
    const double between = (low + high) / 2;
    const auto met = encode(fmt::format(", quality: {{level: 1}}, target: {{psnr: {}}}", between));
    EXPECT_EQ(met.entry.coding, Coding::stream);
    EXPECT_GE(met.entry.psnr, between);
    expect_lossless(encode(", quality: {level: 1}, target: {psnr: 150}"), frame);
    expect_original(encode(", quality: {level: 1, otherwise: original}, target: {psnr: 150}"));
}

TEST_F(ArchiveImage, EveryParameterOfStreamsChangesThem) {
    formats::write_tiff(file_, wave_frame(200, 150));
    EXPECT_EQ(header(encode(", quality: {level: 0.5}")).quality, 8);
    EXPECT_EQ(header(encode()).tile_size, 1024);
    EXPECT_EQ(header(encode(", quality: {level: 1}, tile_size: 64")).tile_size, 64);
    const auto most = encode(", quality: {level: 2}").data.size();
    const double bpp = 8 * static_cast<double>(most - 20) / (200 * 150);
    EXPECT_LT(encode(fmt::format(", quality: {{level: 2}}, target: {{bpp: {}}}", bpp)).data.size(),
              most);
    formats::write_tiff(file_, wave_frame(200, 150, 1, 1, SampleType::u16));
    EXPECT_FALSE(header(encode()).squares);
    EXPECT_TRUE(header(encode(", quality: {level: 1}, grey: {square_root: true}")).squares);
    EXPECT_EQ(header(encode(", quality: {level: 1}, grey: {white: 30000}")).scale, 30000);
    expect_original(encode(", quality: {level: 1}, max_samples: 29999"));
    EXPECT_EQ(encode(", quality: {level: 1}, max_samples: 30000").entry.coding, Coding::stream);
}

TEST_F(ArchiveImage, KeepsLatentsOnRequest) {
    formats::write_tiff(file_, wave_frame(100, 80));
    const auto streams = encode();
    EXPECT_TRUE(streams.latents.empty());
    const auto both = encode(", quality: {level: 1}, keep: both");
    EXPECT_EQ(both.entry.coding, Coding::stream);
    EXPECT_EQ(both.data, streams.data);
    EXPECT_FALSE(both.latents.empty());
    const auto latents = encode(", quality: {level: 1}, keep: latents");
    EXPECT_EQ(latents.entry.coding, Coding::latents);
    EXPECT_TRUE(latents.data.empty());
    EXPECT_EQ(latents.latents, both.latents);
    EXPECT_EQ(latents.entry.psnr, streams.entry.psnr);
}

TEST_F(ArchiveImage, EffortMakesLosslessSmaller) {
    formats::write_tiff(file_, wave_frame(200, 150));
    const auto size = [&](int effort) {
        return encode(fmt::format(", quality: {{level: 1, min_psnr: 200}}, effort: {}", effort))
            .data.size();
    };
    EXPECT_LT(size(9), size(1));
}

TEST_F(ArchiveImage, GenerativeModelsMustBeAskedFor) {
    formats::write_tiff(file_, wave_frame(64, 64));
    const std::string options =
        "{model: " + codec_file(folder_, true) + ", quality: {level: 1}, allow_generative: ";
    EXPECT_THAT(error_of([&] { Runner("archive_image", options + "false}"); }),
                HasSubstr("allow_generative: true"));
    EXPECT_EQ(error_of([&] { Runner("archive_image", options + "true}"); }), "");
}

TEST_F(ArchiveImage, WhatIsNoImageIsKeptAsItIs) {
    for (const std::string& content :
         {std::string(), std::string("no TIFF"), std::string("II*\0\x08\0\0\0", 8)}) {
        write_file(file_, content);
        const auto encoded = encode();
        expect_original(encoded);
        EXPECT_EQ(encoded.entry.width, 0u);
        EXPECT_EQ(encoded.entry.type, "");
        EXPECT_TRUE(std::isnan(encoded.entry.psnr));
    }
    formats::write_tiff(file_, wave_frame(64, 64));
    fs::resize_file(file_, fs::file_size(file_) / 2);
    expect_original(encode());
}

TEST_F(ArchiveImage, WhatStreamsCannotHoldIsKeptAsItIs) {
    for (const SampleType type : {SampleType::f32, SampleType::s16}) {
        formats::Image image = wave_frame(64, 64).pages[0];
        image.type = type;
        formats::write_tiff(file_, image);
        expect_original(encode());
    }
    // Pages that are not alike make no frame.
    formats::write_tiff(file_, std::vector<formats::Image>{ramp(40, 30), ramp(30, 40)});
    expect_original(encode());
}

TEST_F(ArchiveImage, AFileIsNeverKeptAsMoreThanItWas) {
    // Sixteen tiles a side: each takes some bytes of a stream, and none of a compressed TIFF.
    Frame flat = wave_frame(1024, 1024);
    std::ranges::fill(flat.pages[0].samples, 100.0F / 255);
    formats::write_tiff(file_, flat, {.compression = formats::TiffCompression::zstd});
    const std::string tiles = ", tile_size: 64, quality: {level: 1";
    expect_lossless(encode(tiles + "}"), flat);
    expect_original(encode(tiles + ", otherwise: original}"));

    // Rows that come again and again: fast JPEG XL does not see it, zstd does.
    Frame rows = wave_frame(256, 256);
    graph::Random random(1);
    auto& samples = rows.pages[0].samples;
    constexpr size_t cycle = size_t{7} * 256;
    for (size_t i = 0; i < samples.size(); ++i)
        samples[i] = i < cycle ? static_cast<float>(random.below(256)) / 255 : samples[i - cycle];
    formats::write_tiff(file_, rows, {.compression = formats::TiffCompression::zstd});
    expect_original(encode(", effort: 1, quality: {level: 1, min_psnr: 100}"));
}

TEST_F(ArchiveImage, SaysWhereTheTimeWent) {
    formats::write_tiff(file_, wave_frame(64, 64));
    const auto image = image_of(plan_of(folder_.path(), {"a.tif"}), 0);
    Runner runner("archive_image", "{model: " + model_ + ", quality: {level: 1, min_psnr: 200}}");
    runner.give("original", OriginalImage{image, formats::read_file(file_)}).receive();
    runner.node().finish();
    std::set<std::string> stages;
    for (const auto& row : formats::read_csv(runner.folder / "times.csv").rows) {
        stages.insert(row[0]);
        EXPECT_GT(std::stod(row[1]), 0) << row[0];
    }
    EXPECT_EQ(stages, (std::set<std::string>{"coder", "decode", "lossless", "measure", "network"}));
}

TEST_F(ArchiveImage, SaysWhatIsWrongBeforeItStarts) {
    const auto refusal = [&](const std::string& options) {
        return error_of([&] { Runner("archive_image", "{model: " + model_ + options + "}"); });
    };
    EXPECT_THAT(refusal(""), HasSubstr("quality 4: the model has 0 to 2"));
    EXPECT_THAT(refusal(", quality: {level: 1}, target: {bpp: 1, psnr: 30}"),
                HasSubstr("not both"));
    EXPECT_THAT(refusal(", quality: {level: 1}, tile_size: 96"), HasSubstr("tile_size 96"));
    EXPECT_THAT(refusal(", quality: {otherwise: nothing}"), HasSubstr("otherwise"));
    EXPECT_THAT(error_of([] { Runner("archive_image", "{model: nowhere.h5}"); }),
                HasSubstr("nowhere.h5"));
}

}  // namespace
