// Our PNGs, read by PIL.
#include "formats/error.hpp"
#include "formats/png_writer.hpp"
#include "tests/formats/python.hpp"

namespace {

using formats::Image;
using formats::SampleType;

Image ramp(SampleType type, int channels, float full) {
    Image image;
    image.type = type;
    image.channels = channels;
    image.height = 30;
    image.width = 20;
    for (int i = 0; i < 30 * 20 * channels; ++i)
        image.samples.push_back(static_cast<float>(i % 250) / full);
    return image;
}

TEST(PngWriter, OthersReadTheSameValues) {
    const Scratch folder;
    EXPECT_TRUE(write_png(folder / "grey.png", ramp(SampleType::u8, 1, 255)));
    EXPECT_TRUE(write_png(folder / "float.png", ramp(SampleType::f32, 1, 255)));
    EXPECT_TRUE(write_png(folder / "rgb.png", ramp(SampleType::u8, 3, 255), "a ramp < & >"));
    EXPECT_TRUE(write_png(folder / "wide.png", ramp(SampleType::u16, 1, 65535)));
    python(folder, R"(
from PIL import Image
n = np.arange(600) % 250
for name in ('grey', 'float', 'wide'):
    a = np.array(Image.open(name + '.png'))
    assert a.shape == (30, 20) and (a.ravel() == n).all(), name
assert Image.open('wide.png').mode.startswith('I')
assert Image.open('grey.png').text == {}
assert Image.open('rgb.png').text == {'Description': 'a ramp < & >'}
rgb = np.array(Image.open('rgb.png'))
assert (rgb.transpose(2, 0, 1).ravel() == np.arange(1800) % 250).all()
)");
}

TEST(PngWriter, Refuses) {
    EXPECT_THROW(formats::encode_png(ramp(SampleType::u8, 2, 255)), formats::FormatError);
    EXPECT_THROW(formats::encode_png(ramp(SampleType::f32, 1, 0)), formats::FormatError);
    EXPECT_THROW(formats::encode_png(Image{}), formats::FormatError);
}

}  // namespace
