// Frames in JPEG XL without loss come back sample by sample.
#include "formats/error.hpp"
#include "formats/lossless.hpp"

#include <random>

#include <gtest/gtest.h>

namespace formats {
namespace {

Frame noise(SampleType type, int channels, size_t pages, int width = 37, int height = 21) {
    std::mt19937 random(1);
    Frame frame;
    for (size_t p = 0; p < pages; ++p) {
        Image& page = frame.pages.emplace_back();
        page.width = width;
        page.height = height;
        page.channels = channels;
        page.type = type;
        page.page = static_cast<int>(p);
        page.samples.resize(static_cast<size_t>(width * height * channels));
        for (float& sample : page.samples)
            sample = type == SampleType::u8 ? to_unit(static_cast<uint8_t>(random()))
                                            : to_unit(static_cast<uint16_t>(random()));
    }
    return frame;
}

TEST(Lossless, EverySampleComesBack) {
    for (const SampleType type : {SampleType::u8, SampleType::u16})
        for (const int channels : {1, 3})
            for (const size_t pages : {size_t{1}, size_t{2}}) {
                const Frame frame = noise(type, channels, pages);
                const auto coded = encode_lossless(frame, 3);
                EXPECT_EQ(coded.parts.size(),
                          channels * pages == 1 ? 0 : static_cast<size_t>(channels) * pages);
                const Frame back =
                    decode_lossless(coded.bytes, coded.parts, frame.pages[0], pages, "a");
                ASSERT_EQ(back.pages.size(), pages);
                for (size_t p = 0; p < pages; ++p) {
                    EXPECT_EQ(back.pages[p].samples, frame.pages[p].samples);
                    EXPECT_EQ(back.pages[p].page, static_cast<int>(p));
                }
            }
    const Frame pixel = noise(SampleType::u16, 1, 1, 1, 1);
    const auto coded = encode_lossless(pixel, 7);
    EXPECT_EQ(decode_lossless(coded.bytes, coded.parts, pixel.pages[0], 1, "a").pages[0].samples,
              pixel.pages[0].samples);
}

TEST(Lossless, RefusesWhatDoesNotFit) {
    const Frame frame = noise(SampleType::u8, 3, 1);
    auto coded = encode_lossless(frame, 3);
    const Image& like = frame.pages[0];
    EXPECT_THROW(decode_lossless(coded.bytes, coded.parts, like, 2, "a"), FormatError);
    Image other = like;
    other.width = 36;
    EXPECT_THROW(decode_lossless(coded.bytes, coded.parts, other, 1, "a"), FormatError);
    other = like;
    other.type = SampleType::u16;
    EXPECT_THROW(decode_lossless(coded.bytes, coded.parts, other, 1, "a"), FormatError);
    coded.bytes.resize(coded.bytes.size() / 2);
    EXPECT_THROW(decode_lossless(coded.bytes, coded.parts, like, 1, "a"), FormatError);
    Frame floats = frame;
    floats.pages[0].type = SampleType::f32;
    EXPECT_THROW(encode_lossless(floats, 3), FormatError);
}

}  // namespace
}  // namespace formats
