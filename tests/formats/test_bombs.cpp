// Small files that claim to be, or become, something huge: each is refused in one line, or read, in
// under a second and 256 MB. Those of HDF5 are in test_hdf5_trial.cpp.
#include "formats/error.hpp"
#include "formats/file.hpp"
#include "formats/jpeg.hpp"
#include "formats/jpegxl.hpp"
#include "formats/stream.hpp"
#include "formats/tiff_reader.hpp"
#include "formats/webp.hpp"
#include "tests/formats/python.hpp"
#include "tests/spent.hpp"

#include <gmock/gmock.h>

namespace {

using testing::HasSubstr;

class Bombs : public testing::Test {
  protected:
    /// What reading says; "" if it is read.
    std::string said_of(const std::function<void()>& read) {
        const Spent spent = spent_by([&] {
            try {
                read();
                return std::string();
            } catch (const formats::FormatError& error) {
                return std::string(error.what());
            }
        });
        EXPECT_LT(spent.seconds, most_seconds);
        EXPECT_LT(spent.bytes, uint64_t{256} << 20);
        EXPECT_THAT(spent.said, testing::Not(HasSubstr("\n")));
        return spent.said;
    }

    /// `script` writes a.tif; `tiff(width, height, strips, compression, rows)` is there for it.
    std::string tiff(const std::string& script) {
        python(folder, R"(
import struct, zlib
def tiff(width, height, strips, compression=1, rows=None, next=0, data=b'', tags=()):
    """strips: (offset, bytes) of each; data follows the directory, at 1000."""
    n = len(strips)
    entries = sorted([(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, compression),
               (262, 3, 1, 1), (273, 4, n, 400), (277, 3, 1, 1), (278, 4, 1, rows or height),
               (279, 4, n, 400 + 4 * n)] + list(tags))
    if n == 1:
        entries = [(t, k, c, strips[0][0] if t == 273 else strips[0][1] if t == 279 else v)
                   for t, k, c, v in entries]
    head = b'II*\0' + struct.pack('<IH', 8, len(entries))
    head += b''.join(struct.pack('<HHII', *e) for e in entries) + struct.pack('<I', next)
    lists = b''.join(struct.pack('<I', s[0]) for s in strips) + b''.join(struct.pack('<I', s[1]) for s in strips)
    body = head + bytes(400 - len(head)) + lists
    open('a.tif', 'wb').write(body.ljust(1000, b'\0') + data)
)" + script);
        return said_of([&] { formats::read_tiff(folder / "a.tif"); });
    }

    Scratch folder;
};

TEST_F(Bombs, OfTiff) {
    EXPECT_EQ(tiff("tiff(8, 8, [(1000, 64)], data=bytes(64))"), "") << "the script makes TIFFs";
    // 100 MB in 100 KB.
    EXPECT_THAT(tiff("z = zlib.compress(bytes(100_000_000), 9)\n"
                     "tiff(10000, 10000, [(1000, len(z))], 8, data=z)"),
                HasSubstr("more than the limit of 1000 times"));
    // 50 strips that all lie at the same place.
    EXPECT_THAT(tiff("z = zlib.compress(bytes(2_000_000), 9)\n"
                     "tiff(10000, 10000, [(1000, len(z))] * 50, 8, 200, data=z)"),
                HasSubstr("more than the limit of 1000 times"));
    // A strip of 64 pixels that inflates to 100 MB.
    EXPECT_THAT(tiff("z = zlib.compress(bytes(100_000_000), 9)\n"
                     "tiff(8, 8, [(1000, len(z))], 8, data=z)"),
                testing::AnyOf("", HasSubstr("does not decode")));
}

TEST_F(Bombs, LiesOfTiff) {
    EXPECT_THAT(tiff("tiff(2**31 - 1, 2**31 - 1, [(1000, 64)], data=bytes(64))"),
                HasSubstr("more than the limit of 268435456 samples"));
    EXPECT_THAT(tiff("tiff(16000, 16000, [(1000, 64)], 8, data=bytes(64))"),
                HasSubstr("64 stored bytes decode to 256000000"));
    EXPECT_THAT(tiff("tiff(16000, 16000, [(1000, 64)], data=bytes(64))"), HasSubstr("truncated"));
    EXPECT_THAT(tiff("tiff(8, 8, [(1000, 2**32 - 1)], 8, data=bytes(64))"), HasSubstr("truncated"));
    EXPECT_THAT(tiff("tiff(8, 8, [(2**32 - 1, 64)], data=bytes(64))"), HasSubstr("truncated"));
    EXPECT_NE(tiff("tiff(8, 2**31, [(1000, 8)] * 60, 1, 1, data=bytes(64))"), "");
    EXPECT_NE(tiff("tiff(8, 8, [(1000, 64)], 8, 2**32 - 1, data=bytes(64))"), "");
    // A description of 4 GB: whether it is missed or not, it is not made room for.
    tiff("tiff(8, 8, [(1000, 64)], data=bytes(64), tags=[(270, 2, 2**32 - 1, 0)])");
}

TEST_F(Bombs, LoopsOfTiff) {
    const auto pages = [&](const std::string& script) {
        tiff(script);
        return said_of([&] { formats::tiff_pages(folder / "a.tif"); });
    };
    EXPECT_EQ(pages("tiff(8, 8, [(1000, 64)], data=bytes(64), next=8)"), "");
    // 200,000 directories without an entry, one behind the other.
    EXPECT_THAT(
        pages("tiff(8, 8, [(1000, 64)], next=1064, data=bytes(64) + "
              "b''.join(struct.pack('<HI', 0, 1064 + 6 * (i + 1)) for i in range(200_000)))"),
        HasSubstr("more than 65535 pages"));
}

TEST_F(Bombs, OfOtherCodecs) {
    python(folder, R"(
import io, struct
from PIL import Image
def saved(name, **options):
    b = io.BytesIO()
    Image.new('L' if name == 'JPEG' else 'RGB', (16, 16)).save(b, name, **options)
    return bytearray(b.getvalue())
jpeg = saved('JPEG', progressive=True)
at = jpeg.index(b'\xff\xc2') + 5
jpeg[at:at + 4] = struct.pack('>HH', 65500, 65500)
open('a.jpeg', 'wb').write(jpeg)
webp = saved('WEBP', lossless=False)
at = webp.index(b'\x9d\x01\x2a') + 3
webp[at:at + 4] = struct.pack('<HH', 16383, 16383)
open('a.webp', 'wb').write(webp)
)");
    const auto bytes = [&](const char* name) { return formats::read_file(folder / name); };
    EXPECT_THAT(said_of([&] { formats::decode_jpeg(bytes("a.jpeg")); }), HasSubstr("at most"));
    EXPECT_NE(said_of([&] { formats::decode_webp(bytes("a.webp")); }), "");
    // What an archive's table says an image is bounds what its bytes may become.
    formats::Image blank;
    blank.width = blank.height = 4096;
    blank.type = formats::SampleType::u8;
    blank.samples.assign(size_t{4096} * 4096, 0.0F);
    const auto large = formats::encode_jpegxl(blank, {.effort = 1, .distance = 0});
    EXPECT_LT(large.size(), 16'000'000U / 1000);
    EXPECT_THAT(said_of([&] { formats::decode_jpegxl(large, 64 * 64); }), HasSubstr("at most"));
}

TEST_F(Bombs, OfStreams) {
    formats::StreamHeader header;
    header.width = header.height = 64;
    const std::vector<std::vector<std::byte>> payload{std::vector<std::byte>(16)};
    auto bytes = formats::write_stream(header, payload);
    EXPECT_EQ(said_of([&] { formats::read_stream(bytes, "a.lfs"); }), "");
    // 2^62 pixels, in tiles of 64.
    const std::vector<std::byte> size(9, std::byte{0xff});
    std::copy(size.begin(), size.end(), bytes.begin() + 7);
    EXPECT_NE(said_of([&] { formats::read_stream(bytes, "a.lfs"); }), "");
    header.width = header.height = 65536;
    header.tile_size = 65536;
    bytes = formats::write_stream(header, payload);
    EXPECT_THAT(said_of([&] { formats::read_stream(bytes, "a.lfs", {uint64_t{1} << 28}); }),
                HasSubstr("samples are the limit"));
}

}  // namespace
