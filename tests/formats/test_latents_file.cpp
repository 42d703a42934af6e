// Latents come back, whole or by ranges of rows, floats or symbols, and h5py finds every dimension
// named.
#include "formats/error.hpp"
#include "formats/file.hpp"
#include "formats/latents_file.hpp"
#include "tests/formats/python.hpp"

#include <gmock/gmock.h>

namespace {

using formats::FormatError;
using formats::LatentsHeader;
using formats::LatentSource;
using formats::LatentsReader;
using formats::LatentsWriter;

const LatentsHeader header{.channels = 3,
                           .height = 4,
                           .width = 5,
                           .centres = {},
                           .model = "type: convolutional",
                           .bits_per_pixel = 4.0,
                           .checkpoint = std::string(64, 'c')};

/// Of a model that makes up detail.
LatentsHeader quantised() {
    LatentsHeader h = header;
    h.centres = {-2, -0.5F, 0, 0.5F, 2};
    h.generative = true;
    return h;
}

LatentSource source(size_t i) {
    const int n = static_cast<int>(i);
    return {"images/ü " + std::to_string(i) + ".tif",
            std::string(64, static_cast<char>('0' + i % 10)),
            n % 3,
            i % 4 == 0 ? "test" : "train",
            512 + n,
            600 + n};
}

std::vector<float> values_of(size_t row, const LatentsHeader& h) {
    std::vector<float> values(h.values());
    for (size_t i = 0; i < values.size(); ++i)
        values[i] = h.centres.empty() ? static_cast<float>(row) + static_cast<float>(i) / 64
                                      : h.centres[(row * 7 + i) % h.centres.size()];
    return values;
}

/// `rows` rows in batches of 1, 2, 3, ...
void write(const std::filesystem::path& path, const LatentsHeader& h, size_t rows) {
    LatentsWriter writer(path, h);
    for (size_t batch = 1; writer.size() < rows; ++batch) {
        std::vector<LatentSource> sources;
        std::vector<float> values;
        for (size_t i = writer.size(); i < rows && sources.size() < batch; ++i) {
            sources.push_back(source(i));
            const auto row = values_of(i, h);
            values.insert(values.end(), row.begin(), row.end());
        }
        writer.append(sources, values);
    }
    EXPECT_TRUE(writer.commit());
}

TEST(LatentsFile, ComesBackByRangesOfRows) {
    const Scratch folder;
    for (const LatentsHeader& h : {header, quantised()}) {
        write(folder / "l.h5", h, 2500);  // more than a chunk of every dataset
        const LatentsReader reader(folder / "l.h5");
        EXPECT_EQ(reader.size(), 2500U);
        EXPECT_EQ(reader.header().centres, h.centres);
        EXPECT_EQ(reader.header().model, h.model);
        EXPECT_EQ(reader.header().checkpoint, h.checkpoint);
        EXPECT_EQ(reader.header().generative, h.generative);
        EXPECT_EQ(reader.header().bits_per_pixel, h.bits_per_pixel);
        EXPECT_EQ(reader.header().values(), h.values());
        for (const auto& [first, count] :
             {std::pair<size_t, size_t>{0, 1}, {1000, 300}, {2499, 1}, {7, 0}}) {
            const auto rows = reader.read(first, count);
            ASSERT_EQ(rows.sources.size(), count);
            for (size_t i = 0; i < count; ++i) {
                const auto wanted = source(first + i);
                const auto& found = rows.sources[i];
                EXPECT_EQ(std::tie(found.path, found.sha256, found.page, found.split, found.height,
                                   found.width),
                          std::tie(wanted.path, wanted.sha256, wanted.page, wanted.split,
                                   wanted.height, wanted.width));
                const auto part = std::span(rows.values).subspan(i * h.values(), h.values());
                EXPECT_TRUE(std::ranges::equal(part, values_of(first + i, h)));
            }
        }
        EXPECT_THROW(reader.read(2500, 1), FormatError);
        EXPECT_THROW(reader.read(1, UINT64_MAX), FormatError);
    }
}

TEST(LatentsFile, OthersReadIt) {
    const Scratch folder;
    write(folder / "float.h5", header, 30);
    write(folder / "symbols.h5", quantised(), 30);
    write(folder / "empty.h5", header, 0);
    EXPECT_EQ(LatentsReader(folder / "empty.h5").size(), 0U);
    python(folder, R"(
import h5py
f = h5py.File('float.h5')
assert f.attrs['model'] == 'type: convolutional' and f.attrs['bits_per_pixel'] == 4 and f.attrs['checkpoint'] == 'c' * 64
assert f.attrs['generative'] == 0 and f.attrs['generative'].dtype == 'i8'
d = f['latents']
assert d.shape == (30, 3, 4, 5) and d.dtype == '<f4' and d.fletcher32 and d.compression == 'gzip'
assert (d[:] == np.arange(30)[:, None, None, None] + np.arange(60).reshape(3, 4, 5) / 64).all()
assert [x.label for x in d.dims] == ['image', 'channel', 'y', 'x']
for i, name in enumerate(['image', 'channel', 'y', 'x']):
    assert d.dims[i][0] == f[name] and (f[name][:] == np.arange(d.shape[i])).all(), name
for name in ('path', 'sha256', 'split', 'page', 'height', 'width'):
    assert f[name].dims[0].label == 'image' and f[name].dims[0][0] == f['image'] and f[name].shape == (30,), name
assert f['path'].asstr()[3] == 'images/ü 3.tif' and f['sha256'][3] == b'3' * 64 and f['split'].asstr()[4] == 'test'
assert f['height'][9] == 521 and f['height'].attrs['units'] == 'pixel' and f['page'][5] == 2
s = h5py.File('symbols.h5')
assert s.attrs['generative'] == 1
assert s['latents'].dtype == 'u1' and (s['centres'][:] == [-2, -0.5, 0, 0.5, 2]).all()
assert (s['latents'][6].ravel() == (6 * 7 + np.arange(60)) % 5).all()
)");
}

TEST(LatentsFile, OlderOnesDoNotSayWhetherDetailIsMadeUp) {
    const Scratch folder;
    write(folder / "l.h5", quantised(), 3);
    python(folder, R"(
import h5py
with h5py.File('l.h5', 'r+') as f:
    del f.attrs['generative']
data = open('l.h5', 'rb').read()[512:]
with open('l.h5', 'r+b') as f:
    f.write(b'latentflow hdf5 sha256 ' + hashlib.sha256(data).hexdigest().encode() + b'\n')
)");
    const LatentsReader reader(folder / "l.h5");
    EXPECT_FALSE(reader.header().generative);
    EXPECT_EQ(reader.header().model, header.model);
}

TEST(LatentsFile, EqualContentIsEqualBytes) {
    const Scratch folder;
    write(folder / "a.h5", quantised(), 100);
    write(folder / "b.h5", quantised(), 100);
    EXPECT_EQ(formats::read_file(folder / "a.h5"), formats::read_file(folder / "b.h5"));
}

TEST(LatentsFile, RefusesWhatMakesNoSense) {
    const Scratch folder;
    LatentsHeader bad = header;
    bad.channels = 0;
    EXPECT_THROW(LatentsWriter(folder / "l.h5", bad), FormatError);
    bad = header;
    bad.centres = {1, 1};
    EXPECT_THROW(LatentsWriter(folder / "l.h5", bad), FormatError);

    LatentsWriter writer(folder / "l.h5", quantised());
    const std::vector<LatentSource> one{source(0)};
    auto values = values_of(0, quantised());
    values[7] = 0.1F;
    EXPECT_THROW(writer.append(one, values), FormatError);
    values[7] = NAN;
    EXPECT_THROW(writer.append(one, values), FormatError);
    values.pop_back();
    EXPECT_THROW(writer.append(one, values), FormatError);
    EXPECT_EQ(writer.size(), 0U);
    values = values_of(0, quantised());
    values[7] = std::nextafter(values[7], 9.0F);  // rounding
    writer.append(one, values);
    EXPECT_TRUE(writer.commit());
    EXPECT_EQ(LatentsReader(folder / "l.h5").read(0, 1).values, values_of(0, quantised()));

    LatentsWriter floats(folder / "f.h5", header);
    values = values_of(0, header);
    values[3] = INFINITY;
    EXPECT_THROW(floats.append(one, values), FormatError);
    EXPECT_THROW(LatentsReader(folder / "none.h5"), formats::IoError);
}

TEST(LatentsFile, NothingRemainsWithoutCommitAndTheFirstWins) {
    const Scratch folder;
    { LatentsWriter writer(folder / "l.h5", header); }
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
    write(folder / "l.h5", header, 5);
    LatentsWriter second(folder / "l.h5", header, formats::Publish::first_wins);
    EXPECT_FALSE(second.commit());
    EXPECT_EQ(LatentsReader(folder / "l.h5").size(), 5U);
}

}  // namespace
