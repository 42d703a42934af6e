// The classic codecs: round trips, what independent readers make of the streams, and what becomes
// of damaged ones. One table of codecs, as the same holds for all.
#include "formats/error.hpp"
#include "formats/jpeg.hpp"
#include "formats/jpeg2000.hpp"
#include "formats/jpegxl.hpp"
#include "formats/publish.hpp"
#include "formats/webp.hpp"
#include "tests/formats/python.hpp"

#include <functional>
#include <random>

namespace {

using formats::FormatError;
using formats::Image;
using formats::SampleType;
using Bytes = std::vector<std::byte>;

/// Smooth blobs with a little noise, as a microscope sees them.
Image cells(int width, int height, SampleType type = SampleType::u8) {
    Image image;
    image.width = width;
    image.height = height;
    image.type = type;
    std::minstd_rand random(1);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            const double wave = std::sin(0.11 * x) * std::cos(0.07 * y + 0.02 * x);
            const double noise = static_cast<double>(random() % 1000) / 1000;
            const auto unit = static_cast<float>(0.3 + 0.25 * wave + 0.04 * noise);
            image.samples.push_back(type == SampleType::u8
                                        ? formats::to_unit(formats::to_stored<uint8_t>(unit))
                                        : formats::to_unit(formats::to_stored<uint16_t>(unit)));
        }
    return image;
}

double psnr(const Image& a, const Image& b) {
    double sum = 0;
    for (size_t i = 0; i < a.samples.size(); ++i)
        sum += std::pow(double{a.samples[i]} - b.samples[i], 2);
    return -10 * std::log10(sum / static_cast<double>(a.samples.size()));
}

struct Codec {
    std::string name;
    bool sixteen_bits;
    std::function<Bytes(const Image&)> coarse, fine;
    std::function<Image(std::span<const std::byte>, uint64_t)> decode;
};

void PrintTo(const Codec& codec, std::ostream* stream) { *stream << codec.name; }

std::vector<Codec> codecs() {
    using formats::Jpeg2000Options;
    auto jpeg = [](int quality) {
        return
            [=](const Image& image) { return formats::encode_jpeg(image, {.quality = quality}); };
    };
    auto jpeg2000 = [](Jpeg2000Options::Target target, double value) {
        return [=](const Image& image) {
            return formats::encode_jpeg2000(image, {.target = target, .value = value});
        };
    };
    auto jpegxl = [](int effort, double distance) {
        return [=](const Image& image) {
            return formats::encode_jpegxl(image, {.effort = effort, .distance = distance});
        };
    };
    auto webp = [](double quality) {
        return
            [=](const Image& image) { return formats::encode_webp(image, {.quality = quality}); };
    };
    const auto rate = Jpeg2000Options::Target::bits_per_pixel;
    const auto fixed = Jpeg2000Options::Target::psnr;
    return {
        {"jpeg", false, jpeg(5), jpeg(90), formats::decode_jpeg},
        {"jpeg2000_rate", true, jpeg2000(rate, 0.2), jpeg2000(rate, 2), formats::decode_jpeg2000},
        {"jpeg2000_psnr", true, jpeg2000(fixed, 32), jpeg2000(fixed, 42), formats::decode_jpeg2000},
        {"jpegxl_e3", true, jpegxl(3, 12), jpegxl(3, 1), formats::decode_jpegxl},
        {"jpegxl_e7", true, jpegxl(7, formats::jpegxl_max_distance), jpegxl(7, 1),
         formats::decode_jpegxl},
        {"webp", false, webp(1), webp(90), formats::decode_webp}};
}

class Codecs : public testing::TestWithParam<Codec> {};
INSTANTIATE_TEST_SUITE_P(All, Codecs, testing::ValuesIn(codecs()),
                         [](const auto& info) { return info.param.name; });

TEST_P(Codecs, ComesBackNearWhatItWas) {
    const Codec& codec = GetParam();
    for (const SampleType type : {SampleType::u8, SampleType::u16}) {
        if (type == SampleType::u16 && !codec.sixteen_bits) continue;
        for (const auto& [width, height] :
             {std::pair(97, 61), std::pair(1, 1), std::pair(300, 5)}) {
            const Image image = cells(width, height, type);
            const Bytes fine = codec.fine(image), coarse = codec.coarse(image);
            const Image back = codec.decode(fine, formats::default_max_pixels);
            EXPECT_EQ(back.width, width);
            EXPECT_EQ(back.height, height);
            EXPECT_EQ(back.channels, 1);
            EXPECT_EQ(back.type, type);
            const Image rough = codec.decode(coarse, formats::default_max_pixels);
            ASSERT_EQ(rough.samples.size(), image.samples.size());
            if (width != 97) continue;
            EXPECT_LT(coarse.size(), fine.size());
            EXPECT_GT(psnr(image, back), 35);
            EXPECT_GT(psnr(image, rough), 20);
            EXPECT_LT(psnr(image, rough), psnr(image, back));
            EXPECT_EQ(codec.fine(image), fine);  // the same bytes again
        }
    }
}

TEST_P(Codecs, RefusesWhatItCannotHold) {
    const Codec& codec = GetParam();
    Image colour = cells(16, 16);
    colour.channels = 4;
    colour.height = 8;
    colour.width = 8;
    EXPECT_THROW(codec.fine(colour), FormatError);
    EXPECT_THROW(codec.fine(cells(16, 16, SampleType::f32)), FormatError);
    EXPECT_THROW(codec.fine(cells(16, 16, SampleType::s16)), FormatError);
    if (!codec.sixteen_bits) {
        EXPECT_THROW(codec.fine(cells(16, 16, SampleType::u16)), FormatError);
    }
    EXPECT_THROW(codec.fine(Image{}), FormatError);
    const Bytes stream = codec.fine(cells(40, 30));
    EXPECT_THROW(codec.decode(stream, 40 * 30 - 1), FormatError);
    EXPECT_NO_THROW(codec.decode(stream, 40 * 30));
    EXPECT_THROW(codec.decode({}, 100), FormatError);
}

/// Decodes, or refuses as it should; true if it decoded.
bool decodes(const Codec& codec, const Bytes& bytes, const Image& original) {
    try {
        const Image image = codec.decode(bytes, 1 << 16);
        if (bytes.size() > 20) {
            EXPECT_LE(image.samples.size(), size_t{1} << 16);
            EXPECT_EQ(image.samples.size(), size_t(image.width) * image.height);
        }
        return image.width == original.width && image.height == original.height;
    } catch (const FormatError&) {
        return false;
    }
}

TEST_P(Codecs, WhatIsCutShortIsRefused) {
    const Codec& codec = GetParam();
    const Image image = cells(97, 61);
    const Bytes whole = codec.fine(image);
    for (size_t size = 0; size + 3 < whole.size(); size += 1 + whole.size() / 40) {
        const Bytes cut(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
        EXPECT_FALSE(decodes(codec, cut, image)) << size << " of " << whole.size();
    }
}

TEST_P(Codecs, WhatIsDamagedIsRefusedOrOfTheRightSize) {
    const Codec& codec = GetParam();
    const Image image = cells(97, 61);
    const Bytes whole = codec.fine(image);
    std::minstd_rand random(7);
    for (int trial = 0; trial < 400; ++trial) {
        Bytes bytes = whole;
        // The header is hit as often as the rest.
        const size_t within = trial % 2 == 0 ? bytes.size() : std::min<size_t>(bytes.size(), 100);
        for (int flips = trial % 3; flips >= 0; --flips)
            bytes[random() % within] ^= std::byte(1 << random() % 8);
        decodes(codec, bytes, image);
    }
}

TEST(Codecs, OthersReadTheSamePixels) {
    const Scratch folder;
    const Image image = cells(97, 61), wide = cells(97, 61, SampleType::u16);
    for (const Codec& codec : codecs())
        for (const bool sixteen : {false, true}) {
            if (sixteen && !codec.sixteen_bits) continue;
            const std::string ending = codec.name == "jpeg"                 ? ".jpg"
                                       : codec.name.starts_with("jpeg2000") ? ".j2k"
                                       : codec.name.starts_with("jpegxl")   ? ".jxl"
                                                                            : ".webp";
            const std::string name = codec.name + (sixteen ? "_16" : "_8");
            const Bytes stream = codec.fine(sixteen ? wide : image);
            formats::publish_bytes(folder / (name + ending), stream);
            const Image back = codec.decode(stream, formats::default_max_pixels);
            std::string raw;
            for (const float sample : back.samples) {
                const int value = sixteen ? formats::to_stored<uint16_t>(sample)
                                          : formats::to_stored<uint8_t>(sample);
                raw += static_cast<char>(value & 255);
                raw += static_cast<char>(value >> 8);
            }
            formats::publish_text(folder / (name + ".raw"), raw);
        }
    EXPECT_EQ(python(folder, R"(
import subprocess
from PIL import Image
def read(stem, ending):
    name = stem + ending
    if ending == '.jxl':
        subprocess.run(['djxl', name, stem + '.ppm.pgm'], check=True, capture_output=True)
        return np.array(Image.open(stem + '.ppm.pgm'))
    if ending == '.j2k':
        subprocess.run(['opj_decompress', '-i', name, '-o', stem + '.tif'], check=True, capture_output=True)
        import tifffile
        return tifffile.imread(stem + '.tif')
    image = np.array(Image.open(name))
    return image[..., 1] if image.ndim == 3 else image
count = 0
for name in sorted(os.listdir('.')):
    stem, ending = os.path.splitext(name)
    if ending not in ('.jpg', '.j2k', '.jxl', '.webp'): continue
    ours = np.fromfile(stem + '.raw', '<u2').reshape(61, 97).astype(int)
    theirs = read(stem, ending).astype(int)
    assert theirs.shape == ours.shape, (name, theirs.shape)
    # Each tool rounds from float to integer in its own way.
    most = 1 if stem.endswith('_8') else 8
    assert abs(theirs - ours).max() <= most, (name, abs(theirs - ours).max())
    count += 1
print(count)
)"),
              "10\n");
}

TEST(Jpeg2000, KeepsTheRateAndNoComment) {
    const Image image = cells(256, 256);
    for (const double rate : {0.05, 0.2, 1.0}) {
        const auto stream = formats::encode_jpeg2000(image, {.value = rate});
        const double made = 8.0 * static_cast<double>(stream.size()) / (256 * 256);
        EXPECT_LT(made, rate + 0.003);
        EXPECT_GT(made, 0.8 * rate);
        for (size_t i = 0; i + 1 < 80; ++i)
            EXPECT_FALSE(stream[i] == std::byte{0xff} && stream[i + 1] == std::byte{0x64});
    }
}

TEST(Jpeg2000, AHeaderOfManyTilesIsRefusedBeforeMemoryIsTaken) {
    auto stream = formats::encode_jpeg2000(cells(256, 256), {.value = 1});
    for (const size_t at : {24u, 28u}) {  // tiles of 1 x 1
        for (size_t i = 0; i < 4; ++i) stream[at + i] = std::byte(i == 3 ? 1 : 0);
    }
    EXPECT_THROW(formats::decode_jpeg2000(stream), FormatError);
}

TEST(JpegXl, TakesDistancesUpToTheLargest) {
    const Image image = cells(64, 64);
    EXPECT_NO_THROW(formats::encode_jpegxl(image, {.distance = formats::jpegxl_max_distance}));
    EXPECT_THROW(formats::encode_jpegxl(image, {.distance = formats::jpegxl_max_distance + 1}),
                 FormatError);
    EXPECT_EQ(formats::decode_jpegxl(formats::encode_jpegxl(image, {.distance = 0})).samples,
              image.samples);
    EXPECT_THROW(formats::encode_jpegxl(image, {.distance = -1}), FormatError);
}

}  // namespace
