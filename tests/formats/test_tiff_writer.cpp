// Our TIFFs, read by tifffile, PIL and ourselves.
#include "formats/error.hpp"
#include "formats/file.hpp"
#include "formats/tiff_reader.hpp"
#include "formats/tiff_writer.hpp"
#include "tests/formats/python.hpp"

#include <numeric>

#include <gmock/gmock.h>

namespace {

using formats::Image;
using formats::SampleType;

/// Every value that the type can hold, or as many floats.
Image ramp(SampleType type, int channels = 1) {
    Image image;
    image.type = type;
    image.channels = channels;
    image.height = 128 * (type == SampleType::u8 ? 1 : 4);
    image.width = 128;
    const size_t pixels = size_t(image.height) * image.width;
    for (size_t i = 0; i < pixels * channels; ++i) {
        const auto n = static_cast<int>(i);
        image.samples.push_back(type == SampleType::u8    ? formats::to_unit(uint8_t(n))
                                : type == SampleType::u16 ? formats::to_unit(uint16_t(n))
                                : type == SampleType::s16 ? formats::to_unit(int16_t(n))
                                                          : std::sin(static_cast<float>(n)));
    }
    return image;
}

TEST(TiffWriter, GivesEveryValueBackInEveryTypeAndCompression) {
    const Scratch folder;
    using enum formats::TiffCompression;
    for (const auto type : {SampleType::u8, SampleType::u16, SampleType::s16, SampleType::f32})
        for (const auto compression : {none, deflate, lzw, zstd})
            for (const int channels : {1, 2, 3}) {
                const Image image = ramp(type, channels);
                EXPECT_TRUE(write_tiff(folder / "a.tif", image, {.compression = compression}));
                const auto back =
                    formats::read_tiff(folder / "a.tif", 0, {.colour = formats::Colour::keep});
                EXPECT_EQ(back.type, type);
                EXPECT_EQ(back.channels, channels);
                EXPECT_EQ(back.samples, image.samples);
            }
}

TEST(TiffWriter, OthersReadTheSameValues) {
    const Scratch folder;
    write_tiff(folder / "u8.tif", ramp(SampleType::u8));
    write_tiff(folder / "u16.tif", ramp(SampleType::u16));
    write_tiff(folder / "s16.tif", ramp(SampleType::s16));
    write_tiff(folder / "f32.tif", ramp(SampleType::f32));
    write_tiff(folder / "rgb.tif", ramp(SampleType::u8, 3));
    write_tiff(folder / "lzw.tif", ramp(SampleType::u16),
               {.compression = formats::TiffCompression::lzw});
    const std::vector<Image> pages{ramp(SampleType::u8), ramp(SampleType::u16)};
    write_tiff(folder / "pages.tif", pages);
    python(folder, R"(
import tifffile
from PIL import Image
n = np.arange(512 * 128)
assert (tifffile.imread('u8.tif').ravel() == n[:128 * 128] % 256).all()
assert (tifffile.imread('u16.tif').ravel() == n).all()
assert (tifffile.imread('s16.tif').ravel() == n.astype(np.int16)).all()
assert np.allclose(tifffile.imread('f32.tif').ravel(), np.sin(n), atol=1e-6)
rgb = tifffile.imread('rgb.tif')
assert rgb.shape == (128, 128, 3) and (rgb.transpose(2, 0, 1).ravel() == np.arange(3 * 128 * 128) % 256).all()
assert (np.array(Image.open('rgb.tif')) == rgb).all()
assert (np.array(Image.open('lzw.tif')).ravel() == n).all()
with tifffile.TiffFile('pages.tif') as file:
    assert [page.dtype.name for page in file.pages] == ['uint8', 'uint16']
)");
}

TEST(TiffWriter, ClampsAndRefuses) {
    const Scratch folder;
    Image image = ramp(SampleType::u8);
    image.samples[0] = -1;
    image.samples[1] = 7;
    write_tiff(folder / "a.tif", image);
    const auto back = formats::read_tiff(folder / "a.tif");
    EXPECT_EQ(back.samples[0], 0);
    EXPECT_EQ(back.samples[1], 1);

    image.samples[300] = NAN;
    EXPECT_THROW(write_tiff(folder / "b.tif", image), formats::FormatError);
    image.samples.pop_back();
    EXPECT_THROW(write_tiff(folder / "b.tif", image), formats::FormatError);
    EXPECT_THROW(write_tiff(folder / "b.tif", Image{}), formats::FormatError);
    EXPECT_THROW(write_tiff(folder / "none" / "b.tif", ramp(SampleType::u8)), formats::IoError);
    EXPECT_FALSE(std::filesystem::exists(folder / "b.tif"));
}

TEST(TiffWriter, EqualImagesAreEqualBytes) {
    const Scratch folder;
    write_tiff(folder / "a.tif", ramp(SampleType::u16));
    write_tiff(folder / "b.tif", ramp(SampleType::u16));
    EXPECT_EQ(formats::read_file(folder / "a.tif"), formats::read_file(folder / "b.tif"));
}

TEST(TiffWriter, RefusesNoImagesAndNoRoom) {
    const Scratch folder;
    EXPECT_THROW(formats::write_tiff(folder / "a.tif", std::vector<Image>{}), formats::FormatError);
    EXPECT_THROW(write_tiff(folder / "none/a.tif", ramp(SampleType::u8)), formats::IoError);
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
