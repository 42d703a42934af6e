// TIFFs as frames and back: whatever other readers find in the original, they find in the copy.
#include "formats/error.hpp"
#include "formats/file.hpp"
#include "formats/tiff_frame.hpp"
#include "formats/tiff_writer.hpp"
#include "tests/formats/python.hpp"
#include "tests/shared_data.hpp"

#include <gmock/gmock.h>

namespace {

using formats::FormatError;
using formats::Frame;
using formats::Image;
using formats::read_tiff_frame;
using testing::HasSubstr;

using Value = std::vector<std::byte>;
constexpr uint16_t description = 270, x_resolution = 282, y_resolution = 283, unit = 296;

Value text(std::string_view value) {
    const auto bytes = std::as_bytes(std::span(value));
    return {bytes.begin(), bytes.end()};
}

/// Little-endian numbers of `size` bytes.
Value numbers(std::initializer_list<uint32_t> values, size_t size) {
    Value bytes;
    for (const uint32_t value : values)
        for (size_t i = 0; i < size; ++i) bytes.push_back(std::byte(value >> 8 * i & 0xFF));
    return bytes;
}

Value rational(uint32_t numerator, uint32_t denominator) {
    return numbers({numerator, denominator}, 4);
}

Frame frame_of(size_t pages, formats::TiffTags tags) {
    Image page;
    page.type = formats::SampleType::u16;
    page.width = 5;
    page.height = 4;
    for (uint16_t i = 0; i < 20; ++i) page.samples.push_back(formats::to_unit(i));
    return {std::vector<Image>(pages, page), std::move(tags)};
}

void expect_equal(const Frame& frame, const Frame& wanted) {
    EXPECT_EQ(frame.tags, wanted.tags);
    ASSERT_EQ(frame.pages.size(), wanted.pages.size());
    for (size_t i = 0; i < frame.pages.size(); ++i) {
        const Image &page = frame.pages[i], &other = wanted.pages[i];
        EXPECT_EQ(std::tuple(page.width, page.height, page.channels, page.type),
                  std::tuple(other.width, other.height, other.channels, other.type));
        EXPECT_EQ(page.samples, other.samples);
    }
}

std::string refusal(const std::filesystem::path& path,
                    const formats::TiffOptions& options = {.colour = formats::Colour::keep}) {
    try {
        read_tiff_frame(path, options);
        return "";
    } catch (const FormatError& error) {
        return error.what();
    }
}

// facts(name) is what an archive must give back, page by page.
constexpr const char* prelude = R"(
import tifffile
def facts(name):
    with tifffile.TiffFile(name) as file:
        return [(page.asarray().tobytes(), page.shape, page.dtype,
                 [(tag.code, tag.dtype, tag.count, tag.value) for tag in page.tags.values()
                  if tag.code in (270, 282, 283, 296)]) for page in file.pages]
)";

TEST(TiffFrame, OthersFindInTheCopyWhatTheyFoundInTheOriginal) {
    const Scratch folder;
    std::filesystem::create_directory(folder / "copy");
    std::stringstream names(python(folder, std::string(prelude) + R"(
rng = np.random.default_rng(1)
ome = '<?xml version="1.0" encoding="UTF-8"?><OME><Description>\u00b5m, \u7d30\u80de</Description>'
ome += ''.join(f'<Plane TheZ="{z}" PositionX="{z / 7}\u00b5m"/>' for z in range(300)) + '</OME>'
assert len(ome) > 10000
kinds = dict(
    plain=dict(),
    ome=dict(description=ome.encode(), resolution=((100000001, 1234567), (4294967295, 113653537)), resolutionunit=3),
    short=dict(description='\u00b5'.encode(), resolution=((1, 1), (2, 1)), resolutionunit=1),
    inch=dict(resolution=((72, 1), (300, 7)), resolutionunit=2))
for kind, options in kinds.items():
    for order in '<>':
        for big in (False, True):
            for dtype in (np.uint8, np.uint16, np.int16, np.float32):
                for shape in ((9, 7), (3, 9, 7), (2, 9, 7, 3)):
                    name = f'{kind}_{order == ">"}_{big}_{np.dtype(dtype)}_{len(shape)}.tif'
                    data = (rng.normal(size=shape) * 100).astype(dtype)
                    tifffile.imwrite(name, data, photometric='rgb' if len(shape) == 4 else 'minisblack',
                                     metadata=None, byteorder=order, bigtiff=big, **options)
                    print(name)
)"));
    int count = 0;
    for (std::string name; names >> name; ++count) {
        SCOPED_TRACE(name);
        const Frame frame = read_tiff_frame(folder / name);
        EXPECT_EQ(frame.path(), (folder / name).string());
        EXPECT_TRUE(write_tiff(folder / "copy" / name, frame));
        expect_equal(read_tiff_frame(folder / "copy" / name), frame);
    }
    EXPECT_EQ(count, 4 * 2 * 2 * 4 * 3);
    python(folder, std::string(prelude) + R"(
for name in os.listdir('copy'):
    original, copy = facts(name), facts('copy/' + name)
    assert original == copy, name
)");
}

TEST(TiffFrame, TagsAreTakenBitForBit) {
    const Scratch folder;
    python(folder, R"(
import tifffile
for order in '<>':
    tifffile.imwrite(f'{order == "<"}.tif', np.zeros((2, 4, 5), np.uint8), metadata=None, byteorder=order,
                     photometric='minisblack', description='\u00b5m'.encode(),
                     resolution=((100000001, 1234567), (7, 3)), resolutionunit=3)
)");
    for (const char* name : {"True.tif", "False.tif"}) {
        const Frame frame = read_tiff_frame(folder / name);
        EXPECT_EQ(frame.pages.size(), 2u);
        EXPECT_EQ(frame.tags, (formats::TiffTags{{description, text("\u00b5m")},
                                                 {x_resolution, rational(100000001, 1234567)},
                                                 {y_resolution, rational(7, 3)},
                                                 {unit, numbers({3}, 2)}}));
    }
}

TEST(TiffFrame, AnyRationalAndAnyTextComeBack) {
    const Scratch folder;
    const std::vector<std::pair<Value, Value>> resolutions{
        {rational(0, 0), rational(1, 0)},
        {rational(720000, 10000), rational(1207959552, 16777216)},
        {rational(1, UINT32_MAX), rational(UINT32_MAX, UINT32_MAX - 1)}};
    const std::vector<Value> texts{text(""),
                                   text("a"),
                                   text("abc"),
                                   text("abcd"),
                                   text(std::string_view("a\0b\0", 4)),
                                   text("\xFF\x01"),
                                   Value(3000000, std::byte{'x'})};
    for (const auto& [x, y] : resolutions)
        for (const Value& value : texts) {
            const Frame frame =
                frame_of(3, {{description, value}, {x_resolution, x}, {y_resolution, y}});
            write_tiff(folder / "a.tif", frame);
            expect_equal(read_tiff_frame(folder / "a.tif"), frame);
        }
}

TEST(TiffFrame, OthersFindTheTagsOfAStream) {
    const Scratch folder;
    write_tiff(folder / "a.tif", frame_of(2, {{description, text("\u00b5m")},
                                              {x_resolution, rational(720000, 10000)},
                                              {y_resolution, rational(0, 0)},
                                              {unit, numbers({2}, 2)}}));
    write_tiff(folder / "b.tif", frame_of(1, {}));
    python(folder, std::string(prelude) + R"(
resolution = [(282, 5, 1, (720000, 10000)), (283, 5, 1, (0, 0)), (296, 3, 1, 2)]
first, second = facts('a.tif')
assert first[3] == [(270, 2, 4, '\u00b5m')] + resolution, first
assert second[3] == resolution, second
assert facts('b.tif')[0][3] == []
)");
}

TEST(TiffFrame, DamagedTagsAreLeftOut) {
    const Scratch folder;
    const formats::TiffTags good{{x_resolution, rational(3, 2)}, {y_resolution, rational(5, 2)}};
    const auto written = [&](const formats::TiffTags& tags) {
        write_tiff(folder / "a.tif", frame_of(1, tags));
        return read_tiff_frame(folder / "a.tif").tags;
    };
    for (const size_t size : {0, 1, 3, 7, 9, 100}) {
        const Value wrong(size, std::byte{1});
        auto tags = good;
        tags[unit] = wrong;
        EXPECT_EQ(written(tags), good) << size;
        tags = good;
        tags[x_resolution] = wrong;
        EXPECT_EQ(written(tags), formats::TiffTags()) << size;
        EXPECT_EQ(written({{y_resolution, wrong}}), formats::TiffTags()) << size;
    }
    for (const uint32_t wrong : {0, 4, 256, 65535}) {
        auto tags = good;
        tags[unit] = numbers({wrong}, 2);
        EXPECT_EQ(written(tags), good) << wrong;
    }
    auto tags = good;  // numbers that would change how the file is read
    for (const uint16_t other : {0, 256, 257, 258, 259, 273, 330, 65535})
        tags[other] = numbers({77777}, 4);
    EXPECT_EQ(written(tags), good);
}

TEST(TiffFrame, EqualFramesAreEqualBytes) {
    const Scratch folder;
    const Frame frame = frame_of(2, {{description, text("x")}});
    write_tiff(folder / "a.tif", frame);
    write_tiff(folder / "b.tif", frame);
    EXPECT_EQ(formats::read_file(folder / "a.tif"), formats::read_file(folder / "b.tif"));
}

TEST(TiffFrame, UnlikePagesAreRefused) {
    const Scratch folder;
    Frame frame = frame_of(3, {});
    Image& odd = frame.pages[2];
    odd.height = 2;
    odd.samples.resize(10);
    write_tiff(folder / "a.tif", frame);
    EXPECT_THAT(refusal(folder / "a.tif"),
                HasSubstr("a.tif: page 2: 5 x 2 pixels of 1 16-bit unsigned samples, but page 0 "
                          "has 5 x 4 pixels of 1 16-bit unsigned samples: a frame's pages are "
                          "alike; save unlike pages in files of their own"));
    odd.channels = 2;
    odd.samples.resize(20);
    write_tiff(folder / "a.tif", frame);
    EXPECT_THAT(refusal(folder / "a.tif"), HasSubstr("page 2: 5 x 2 pixels of 2"));
    odd = frame.pages[0];
    odd.type = formats::SampleType::s16;
    write_tiff(folder / "a.tif", frame);
    EXPECT_THAT(refusal(folder / "a.tif"), HasSubstr("page 2: 5 x 4 pixels of 1 16-bit signed"));
    frame.pages.pop_back();
    write_tiff(folder / "a.tif", frame);
    EXPECT_EQ(refusal(folder / "a.tif"), "");
}

TEST(TiffFrame, LimitsHoldForAllPagesTogether) {
    const Scratch folder;
    write_tiff(folder / "a.tif", frame_of(3, {}));
    EXPECT_EQ(refusal(folder / "a.tif", {.max_samples = 60}), "");
    EXPECT_THAT(refusal(folder / "a.tif", {.max_samples = 59}),
                HasSubstr("a.tif: 3 pages of 5 x 4 pixels of 1 16-bit unsigned samples are more "
                          "than the limit of 59 samples; raise it"));
    EXPECT_THAT(refusal(folder / "a.tif", {.max_pages = 2}), HasSubstr("more than 2 pages"));
}

/// Not publish_bytes, which waits for the disk.
void put(const std::filesystem::path& path, std::span<const std::byte> bytes) {
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
}

TEST(TiffFrame, FlippedAndCutFilesAreReadOrRefused) {
    const Scratch folder;
    write_tiff(folder / "a.tif", frame_of(1, {{description, text("longer than an entry")},
                                              {x_resolution, rational(3, 2)},
                                              {y_resolution, rational(5, 2)},
                                              {unit, numbers({3}, 2)}}));
    const auto whole = formats::read_file(folder / "a.tif");
    int refused = 0;
    for (size_t bit = 0; bit < whole.size() * 8; bit += 3) {
        auto flipped = whole;
        flipped[bit / 8] ^= std::byte{1} << bit % 8;
        put(folder / "b.tif", flipped);
        try {
            write_tiff(folder / "c.tif", read_tiff_frame(folder / "b.tif"));
        } catch (const FormatError&) {
            ++refused;
        }
    }
    EXPECT_GT(refused, 30);
    for (size_t size = 0; size < whole.size(); ++size) {
        put(folder / "b.tif", std::span(whole).first(size));
        EXPECT_NE(refusal(folder / "b.tif"), "") << size;
    }
}

TEST(TiffFrame, AValueOutOfTheFileIsRefused) {
    const Scratch folder;
    write_tiff(folder / "a.tif", frame_of(1, {{description, text("longer than an entry")}}));
    auto bytes = formats::read_file(folder / "a.tif");
    const Value entry = numbers({270, 2}, 2);
    const auto at = std::search(bytes.begin(), bytes.end(), entry.begin(), entry.end());
    ASSERT_NE(at, bytes.end());
    std::fill(at + 4, at + 7, std::byte{0xFF});  // the count
    put(folder / "a.tif", bytes);
    EXPECT_THAT(refusal(folder / "a.tif"), HasSubstr("a.tif: "));
}

TEST(TiffFrameShared, HostileFilesComeBackAsTheyWereOrAreRefused) {
    NEEDS_SHARED_DATA("hostile");
    const Scratch folder;
    int kept = 0;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(shared_data() / "hostile" / "files")) {
        if (!entry.is_regular_file()) continue;
        SCOPED_TRACE(entry.path());
        try {
            Frame frame = read_tiff_frame(entry.path());
            write_tiff(folder / "a.tif", frame);
            expect_equal(read_tiff_frame(folder / "a.tif"), frame);
            ++kept;
        } catch (const FormatError& error) {
            EXPECT_THAT(error.what(), testing::StartsWith(entry.path().string() + ": "));
        }
    }
    EXPECT_GE(kept, 60);
}

}  // namespace
