// Colour::exact: what it takes can be given back as a TIFF that shows the same; all else is
// refused.
#include "formats/error.hpp"
#include "formats/file.hpp"
#include "formats/tiff_frame.hpp"
#include "formats/tiff_writer.hpp"
#include "tests/formats/python.hpp"

#include <gmock/gmock.h>

namespace {

using formats::Colour;
using formats::FormatError;
using testing::HasSubstr;

constexpr const char* prelude = R"(
import tifffile
from PIL import Image
rng = np.random.default_rng(1)
H, W = 40, 30
grey8 = rng.integers(0, 256, (H, W), dtype=np.uint8)
grey16 = rng.integers(0, 65536, (H, W), dtype=np.uint16)
rgb8 = rng.integers(0, 256, (H, W, 3), dtype=np.uint8)
ramp = np.arange(256, dtype=np.uint16)
def write(name, data, photometric='minisblack', **more):
    tifffile.imwrite(name + '.tif', data, photometric=photometric, metadata=None, **more)
    print(name)
)";

class TiffExact : public testing::Test {
  protected:
    std::vector<std::string> make(const std::string& script) {
        std::stringstream names(python(folder_, prelude + script));
        std::vector<std::string> list;
        for (std::string name; names >> name;) list.push_back(name);
        EXPECT_FALSE(list.empty());
        return list;
    }
    /// "" if the file is taken; then what is written of it has the same samples.
    std::string refusal(const std::string& name) {
        const formats::TiffOptions options{.colour = Colour::exact};
        try {
            const auto frame = formats::read_tiff_frame(folder_ / (name + ".tif"), options);
            formats::write_tiff(folder_ / "copy" / (name + ".tif"), frame);
            return "";
        } catch (const FormatError& error) {
            return error.what();
        }
    }
    Scratch folder_;
};

TEST_F(TiffExact, TakesWhatShowsTheSameAgain) {
    std::filesystem::create_directory(folder_ / "copy");
    const auto names = make(R"(
write('grey8', grey8)
write('grey16', grey16)
write('big', grey16, byteorder='>', bigtiff=True, compression='zlib', tile=(16, 16))
write('rgb8', rgb8, 'rgb')
write('rgb16', rgb8.astype(np.uint16) * 200, 'rgb')
write('planes', np.ascontiguousarray(rgb8.transpose(2, 0, 1)), 'rgb', planarconfig='separate')
write('pages', np.stack([grey16, grey16 // 2, grey16 // 3]))
write('channels', rgb8[..., :2], planarconfig='contig', extrasamples=['unspecified'])
for name, grey in (('shifted', ramp * 256), ('spread', ramp * 257), ('inverted', (255 - ramp) * 257), ('fine', ramp * 250 + 7)):
    write(name, grey8, 'palette', colormap=np.stack([grey] * 3).astype(np.uint16))
)");
    for (const auto& name : names) EXPECT_EQ(refusal(name), "") << name;
    // What others see in the copy is what they see in the original, palettes looked up.
    python(folder_, std::string(prelude) + R"(
def seen(name):
    with tifffile.TiffFile(name) as file:
        found = []
        for page in file.pages:
            data = page.asarray()
            if page.photometric == tifffile.PHOTOMETRIC.PALETTE:
                data = page.colormap[0][data]
                assert (page.colormap == page.colormap[0]).all()
                if (page.colormap % 256 == 0).all(): data = data // 256
                elif (page.colormap % 257 == 0).all(): data = data // 257
            elif page.planarconfig == 2:
                data = np.moveaxis(data, 0, -1)
            found.append(data)
        return found
names = os.listdir('copy')
assert len(names) == 12, names
for name in names:
    for one, other in zip(seen(name), seen('copy/' + name), strict=True):
        np.testing.assert_array_equal(one, other, name)
)");
}

TEST_F(TiffExact, RefusesWhatWouldComeBackAsSomethingElse) {
    const auto names = make(R"(
colours = np.stack([ramp * 257, (255 - ramp) * 257, (ramp // 2) * 257]).astype(np.uint16)
write('palette_of_colours', grey8, 'palette', colormap=colours)
write('min_is_white', grey8, 'miniswhite')
write('float', grey8.astype(np.float32))
write('half', grey8.astype(np.float16))
write('signed', grey8.astype(np.int16))
write('turned', grey8, extratags=[(274, 'H', 1, 6, True)])
write('rgba', np.dstack([rgb8, grey8]), 'rgb', extrasamples=['unassalpha'])
write('rgb_and_more', np.dstack([rgb8, grey8]), 'rgb', extrasamples=['unspecified'])
write('alpha', rgb8[..., :2], planarconfig='contig', extrasamples=['unassalpha'])
write('three_greys', rgb8, planarconfig='contig', extrasamples=['unspecified'] * 2)
write('cmyk', np.dstack([rgb8, grey8]), 'separated')
write('second_page_turned', grey8)
with tifffile.TiffWriter('second_page_turned.tif') as file:
    file.write(grey8, photometric='minisblack', metadata=None)
    file.write(grey8, photometric='minisblack', metadata=None, extratags=[(274, 'H', 1, 3, True)])
for name, mode in (('one_bit', '1'),):
    Image.fromarray(grey8).convert(mode).save(name + '.tif')
    print(name)
for name, image in (('jpeg', grey8), ('jpeg_rgb', rgb8)):
    Image.fromarray(image).save(name + '.tif', compression='jpeg')
    print(name)
def packed(name, bits, count):  # 16 x 2 pixels, packed by hand, in the simplest TIFF there is
    import struct
    tags = [(256, 16), (257, 2), (258, bits), (259, 1), (262, 1), (273, 8), (277, 1), (278, 2), (279, count)]
    with open(name + '.tif', 'wb') as file:
        file.write(struct.pack('<2sHI', b'II', 42, 8 + count) + bytes(range(count)) + struct.pack('<H', len(tags)))
        for tag, value in tags:
            file.write(struct.pack('<HHII', tag, 4 if tag > 272 else 3, 1, value))
        file.write(bytes(4))
    print(name)
packed('four_bits', 4, 16)
packed('twelve_bits', 12, 48)
)");
    EXPECT_EQ(names.size(), 17u);
    for (const auto& name : names) {
        const std::string why = refusal(name);
        EXPECT_THAT(why, HasSubstr(name + ".tif")) << name << " was taken";
        // All but CMYK are images, only not ones that are the same again.
        if (name == "cmyk") continue;
        EXPECT_NO_THROW(formats::read_tiff(folder_ / (name + ".tif"), 0, {.colour = Colour::keep}))
            << name;
    }
    EXPECT_THAT(refusal("second_page_turned"), HasSubstr("page 1: its orientation"));
}

TEST_F(TiffExact, ReadsAFileThatIsInMemory) {
    make("write('pages', np.stack([grey16, grey16 // 2]))");
    const auto path = folder_ / "pages.tif";
    const formats::TiffFile held("a name", formats::read_file(path));
    const formats::TiffFile opened(path);
    EXPECT_EQ(held.sha256(), opened.sha256());
    ASSERT_EQ(held.pages(), 2);
    EXPECT_EQ(held.read(1).samples, opened.read(1).samples);
    EXPECT_EQ(held.read(1).path, "a name");
    EXPECT_EQ(held.tags(0), opened.tags(0));
    EXPECT_THROW(formats::TiffFile("a name", std::vector<std::byte>()), FormatError);
    EXPECT_EQ(formats::read_tiff_frame(held, {}).pages.size(), 2u);
}

}  // namespace
