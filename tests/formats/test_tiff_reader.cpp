// TIFFs of every kind that others write, read by us: samples must agree exactly with what the
// writer was given.
#include "formats/digest.hpp"
#include "formats/error.hpp"
#include "formats/file.hpp"
#include "formats/publish.hpp"
#include "formats/tiff_reader.hpp"
#include "tests/formats/python.hpp"

#include <cstring>

#include <gmock/gmock.h>

namespace {

using formats::Colour;
using formats::FormatError;
using formats::read_tiff;

// case(name, colour, expected) pairs a TIFF with its samples in units of full scale, C x H x W.
constexpr const char* prelude = R"(
import tifffile
from PIL import Image
rng = np.random.default_rng(1)
H, W = 70, 52
grey8 = rng.integers(0, 256, (H, W), dtype=np.uint8)
grey16 = rng.integers(0, 65536, (H, W), dtype=np.uint16)
signed16 = rng.integers(-32768, 32768, (H, W)).astype(np.int16)
float32 = rng.normal(size=(H, W)).astype(np.float32)
rgb = rng.integers(0, 256, (H, W, 3), dtype=np.uint8)
bits = rng.integers(0, 2, (H, W), dtype=np.uint8)
def unit(a):
    full = {'uint8': 255, 'uint16': 65535, 'int16': 32767}.get(str(a.dtype))
    return a.astype(np.float32) / np.float32(full) if full else a.astype(np.float32)
def case(name, colour, expected):
    e = np.ascontiguousarray(expected, np.float32)
    if e.ndim == 2: e = e[None]
    e.tofile(name + '.samples')
    print(name, colour, *e.shape)
)";

void compare_cases(const std::string& script) {
    const Scratch folder;
    std::stringstream cases(python(folder, prelude + script));
    int count = 0;
    std::string name, colour;
    int channels = 0, height = 0, width = 0;
    for (; cases >> name >> colour >> channels >> height >> width; ++count) {
        SCOPED_TRACE(name);
        const auto path = folder / (name + ".tif");
        const auto wanted = formats::read_file(folder / (name + ".samples"));
        try {
            const auto image = read_tiff(path, 0,
                                         {.colour = colour == "keep"        ? Colour::keep
                                                    : colour == "luminance" ? Colour::luminance
                                                                            : Colour::refuse});
            EXPECT_EQ(std::tuple(image.channels, image.height, image.width),
                      std::tuple(channels, height, width));
            ASSERT_EQ(image.samples.size() * sizeof(float), wanted.size());
            EXPECT_EQ(std::memcmp(image.samples.data(), wanted.data(), wanted.size()), 0);
            EXPECT_EQ(image.sha256, formats::sha256_file(path));
            EXPECT_EQ(image.path, path.string());
        } catch (const FormatError& error) {
            ADD_FAILURE() << error.what();
        }
    }
    EXPECT_GT(count, 0);
}

TEST(TiffReader, ReadsTypesInBothByteOrdersAsStripsAndTilesClassicAndBig) {
    compare_cases(R"(
for a in (grey8, grey16, signed16, float32):
    for order in '<>':
        for tile in (None, (32, 16)):
            for big in (False, True):
                name = f'{a.dtype}_{"le" if order == "<" else "be"}_{"tiles" if tile else "strips"}_{big}'
                tifffile.imwrite(name + '.tif', a, byteorder=order, tile=tile, bigtiff=big,
                                 photometric='minisblack', rowsperstrip=None if tile else 7)
                case(name, 'refuse', unit(a))
)");
}

TEST(TiffReader, ReadsEveryCompression) {
    compare_cases(R"(
for mode, a in (('L', grey8), ('I;16', grey16), ('F', float32)):
    for c in ('raw', 'tiff_lzw', 'tiff_adobe_deflate', 'tiff_deflate', 'packbits', 'lzma', 'zstd'):
        name = f'{a.dtype}_{c}'
        Image.fromarray(a).save(name + '.tif', compression=c)
        case(name, 'refuse', unit(a))
for c in ('group3', 'group4', 'tiff_ccitt', 'packbits', 'tiff_lzw'):
    name = f'bilevel_{c}'
    Image.fromarray(bits * 255).convert('1', dither=0).save(name + '.tif', compression=c)
    case(name, 'refuse', bits)
smooth = np.add.outer(np.arange(H), np.arange(W)).astype(np.uint8)
for c in ('jpeg', 'webp'):
    for colours in (smooth, np.dstack([smooth] * 3)):
        if c == 'webp' and colours.ndim == 2: continue
        name = f'{c}_{colours.ndim}'
        Image.fromarray(colours).save(name + '.tif', compression=c)
        back = np.array(Image.open(name + '.tif'))
        case(name, 'keep', unit(back.transpose(2, 0, 1) if back.ndim == 3 else back))
)");
}

TEST(TiffReader, ReadsPredictorsPlanesAndColours) {
    compare_cases(R"(
for a in (grey8, grey16, signed16):
    tifffile.imwrite(f'predicted_{a.dtype}.tif', a, compression='zlib', predictor=True, photometric='minisblack')
    case(f'predicted_{a.dtype}', 'refuse', unit(a))
planes = np.ascontiguousarray(rgb.transpose(2, 0, 1))
for tile in (None, (16, 32)):
    tifffile.imwrite(f'planes_{bool(tile)}.tif', planes, planarconfig='separate', photometric='rgb', tile=tile)
    case(f'planes_{bool(tile)}', 'keep', unit(planes))
    tifffile.imwrite(f'contiguous_{bool(tile)}.tif', rgb, photometric='rgb', tile=tile)
    case(f'contiguous_{bool(tile)}', 'keep', unit(planes))
tifffile.imwrite('channels.tif', np.stack([grey16, grey16 // 2], -1), photometric='minisblack', planarconfig='contig', extrasamples=['unspecified'])
case('channels', 'keep', unit(np.stack([grey16, grey16 // 2])))
tifffile.imwrite('alpha.tif', np.stack([grey8, grey8 // 2], -1), photometric='minisblack', planarconfig='contig', extrasamples=['unassalpha'])
case('alpha', 'luminance', unit(grey8))
tifffile.imwrite('double.tif', float32.astype(np.float64), photometric='minisblack')
case('double', 'refuse', float32)
tifffile.imwrite('half.tif', float32.astype(np.float16), photometric='minisblack')
case('half', 'refuse', float32.astype(np.float16))
tifffile.imwrite('white8.tif', grey8, photometric='miniswhite')
case('white8', 'refuse', unit(255 - grey8))
tifffile.imwrite('white16.tif', grey16, photometric='miniswhite')
case('white16', 'refuse', unit(65535 - grey16))
)");
}

TEST(TiffReader, ReadsPalettes) {
    compare_cases(R"(
ramp = np.arange(256, dtype=np.uint16)
for name, grey in (('shifted', ramp * 256), ('spread', ramp * 257)):
    tifffile.imwrite(name + '.tif', grey8, photometric='palette', colormap=np.stack([grey] * 3))
    case(name, 'refuse', unit(grey8))
inverted = (255 - ramp) * 257
tifffile.imwrite('inverted.tif', grey8, photometric='palette', colormap=np.stack([inverted] * 3))
case('inverted', 'refuse', unit(255 - grey8))
fine = (ramp * 250 + 7).astype(np.uint16)
tifffile.imwrite('fine.tif', grey8, photometric='palette', colormap=np.stack([fine] * 3))
case('fine', 'refuse', unit(fine[grey8]))
colours = np.stack([ramp * 257, (255 - ramp) * 257, (ramp // 2) * 257]).astype(np.uint16)
tifffile.imwrite('colours.tif', grey8, photometric='palette', colormap=colours)
red, green, blue = (colours // 257).astype(np.uint8)[:, grey8]
case('colours', 'keep', unit(np.stack([red, green, blue])))
opacity = grey8 // 2
two = np.stack([grey8, opacity], -1)
def with_alpha(name, colormap, planes=False):
    tifffile.imwrite(name + '.tif', np.ascontiguousarray(two.transpose(2, 0, 1)) if planes else two,
                     photometric='minisblack', planarconfig='separate' if planes else 'contig',
                     extrasamples=['unassalpha'], extratags=[(320, 'H', 768, colormap.ravel().tolist(), True)])
    with tifffile.TiffFile(name + '.tif', mode='r+b') as file:  # which writes no such palette itself
        file.pages[0].tags['PhotometricInterpretation'].overwrite(3)
for planes in False, True:
    with_alpha(f'colours_alpha_{planes}', colours, planes)
    case(f'colours_alpha_{planes}', 'keep', unit(np.stack([red, green, blue, opacity])))
with_alpha('grey_alpha', np.stack([inverted] * 3))
case('grey_alpha', 'keep', unit(np.stack([255 - grey8, opacity])))
with_alpha('grey_dropped', np.stack([inverted] * 3))
case('grey_dropped', 'luminance', unit(255 - grey8))
)");
}

class Refusals : public testing::Test {
  public:
    void make(const std::string& script) { python(folder, prelude + script); }
    void rewrite(std::span<const std::byte> bytes) {
        std::ofstream(folder / "a.tif", std::ios::binary)
            .write(reinterpret_cast<const char*>(bytes.data()),
                   static_cast<std::streamsize>(bytes.size()));
    }
    std::string refusal(formats::TiffOptions options = {}, int page = 0) {
        try {
            read_tiff(folder / "a.tif", page, options);
            return "";
        } catch (const FormatError& error) {
            return error.what();
        }
    }
    Scratch folder;
};

TEST_F(Refusals, ColourSaysWhatToSet) {
    make("tifffile.imwrite('a.tif', rgb, photometric='rgb')");
    EXPECT_THAT(refusal(), testing::HasSubstr("a.tif: page 0: 3 samples per pixel, but grey was "
                                              "asked for; set colour: luminance or keep"));
    const auto grey = read_tiff(folder / "a.tif", 0, {.colour = Colour::luminance});
    const auto all = read_tiff(folder / "a.tif", 0, {.colour = Colour::keep});
    const size_t pixels = grey.samples.size();
    EXPECT_EQ(grey.channels, 1);
    EXPECT_FLOAT_EQ(grey.samples[5], 0.299F * all.samples[5] + 0.587F * all.samples[pixels + 5] +
                                         0.114F * all.samples[2 * pixels + 5]);
}

TEST_F(Refusals, NotANumber) {
    for (const char* value : {"np.nan", "np.inf", "-np.inf"}) {
        make("float32[3, 5] = " + std::string(value) +
             "\ntifffile.imwrite('a.tif', float32, photometric='minisblack')");
        EXPECT_THAT(refusal(), testing::HasSubstr("at channel 0, row 3, column 5"));
    }
}

TEST_F(Refusals, KindsThatFloatCannotHold) {
    for (const char* type : {"int8", "int32", "uint32", "uint64", "complex64"}) {
        make("tifffile.imwrite('a.tif', grey8.astype('" + std::string(type) +
             "'), photometric='minisblack')");
        EXPECT_THAT(refusal(), testing::HasSubstr("are not read; convert them to"));
    }
}

TEST_F(Refusals, EveryTruncation) {
    for (const char* compression : {"raw", "tiff_lzw", "tiff_adobe_deflate", "zstd", "jpeg"}) {
        SCOPED_TRACE(compression);
        make("Image.fromarray(grey8).save('a.tif', compression='" + std::string(compression) +
             "')");
        const auto whole = formats::read_file(folder / "a.tif");
        const auto samples = read_tiff(folder / "a.tif").samples;
        for (size_t size = 0; size < whole.size(); size += 1 + size / 32) {
            rewrite(std::span(whole).first(size));
            try {  // what follows the last pixel may be missing
                EXPECT_EQ(read_tiff(folder / "a.tif").samples, samples) << size;
            } catch (const FormatError&) {
            }
        }
        rewrite(std::span(whole).first(whole.size() / 2));
        EXPECT_NE(refusal(), "");
    }
}

TEST_F(Refusals, BitFlipsNeverCrash) {
    for (const char* compression : {"tiff_lzw", "tiff_adobe_deflate", "zstd", "packbits"}) {
        make("Image.fromarray(grey8).save('a.tif', compression='" + std::string(compression) +
             "')");
        const auto whole = formats::read_file(folder / "a.tif");
        for (size_t bit = 0; bit < whole.size() * 8; bit += 401) {
            auto flipped = whole;
            flipped[bit / 8] ^= std::byte{1} << bit % 8;
            rewrite(flipped);
            try {
                const auto image = read_tiff(folder / "a.tif", 0, {.colour = Colour::keep});
                EXPECT_EQ(image.samples.size(),
                          size_t(image.channels) * image.height * image.width);
            } catch (const FormatError&) {
            }
        }
    }
}

TEST_F(Refusals, Bombs) {
    make("Image.new('L', (9000, 9000)).save('a.tif', compression='zstd')");
    EXPECT_THAT(refusal(), testing::HasSubstr("more than the limit of 1000 times"));
    EXPECT_THAT(refusal({.max_samples = 1000}),
                testing::HasSubstr("more than the limit of 1000 s"));
    make("Image.new('L', (200, 20000)).save('a.tif', compression='zstd')");
    EXPECT_EQ(refusal(), "");  // small enough to do no harm
}

TEST_F(Refusals, FilesThatAreNone) {
    EXPECT_THROW(read_tiff(folder / "none.tif"), formats::IoError);
    EXPECT_THROW(read_tiff(folder.path()), formats::IoError);
    formats::publish_text(folder / "a.tif", "");
    EXPECT_THAT(refusal(), testing::HasSubstr("a.tif: no TIFF"));
    formats::publish_text(folder / "a.tif", "\x89PNG and so on");
    EXPECT_THAT(refusal(), testing::HasSubstr("a.tif: no TIFF"));
    EXPECT_THROW(formats::tiff_pages(folder / "a.tif"), FormatError);
}

TEST_F(Refusals, PagesBeyondTheLast) {
    make(
        "tifffile.imwrite('a.tif', np.stack([grey16, grey16 // 2, grey16 // 3]), "
        "photometric='minisblack')");
    EXPECT_EQ(formats::tiff_pages(folder / "a.tif"), 3);
    EXPECT_EQ(read_tiff(folder / "a.tif", 2).page, 2);
    const formats::TiffFile file(folder / "a.tif");
    EXPECT_EQ(file.pages(), 3);
    EXPECT_FLOAT_EQ(file.read(1).samples[9],
                    std::floor(file.read(0).samples[9] * 65535 / 2 + 0.01F) / 65535);
    EXPECT_THAT(refusal({}, 3), testing::HasSubstr("page 3 was asked for, but pages 0 to 2"));
    EXPECT_THAT(refusal({}, -1), testing::HasSubstr("page -1 was asked for"));
    EXPECT_THAT(refusal({.max_pages = 2}), testing::HasSubstr("more than 2 pages"));
}

TEST_F(Refusals, LongChainOfDirectoriesTakesLinearTime) {
    // 100,000 empty directories of 6 bytes, each leading to the next.
    std::string text("II*\0\x08\0\0\0", 8);
    for (uint32_t i = 0; i < 100'000; ++i) {
        const uint32_t next = 8 + (i + 1) * 6;
        text.append(2, '\0').append(reinterpret_cast<const char*>(&next), 4);
    }
    formats::publish_text(folder / "a.tif", text);
    EXPECT_THAT(refusal(), testing::HasSubstr("more than 65535 pages"));
}

}  // namespace
