// Checkpoints come back bit for bit, and h5py reads them by their documented layout.
#include "formats/checkpoint.hpp"
#include "formats/error.hpp"
#include "formats/file.hpp"
#include "formats/hdf5_file.hpp"
#include "tests/formats/python.hpp"

#include <chrono>
#include <cmath>
#include <limits>

#include <gmock/gmock.h>

namespace {

using formats::Checkpoint;
using formats::FormatError;
using formats::read_checkpoint;
using formats::write_checkpoint;

Checkpoint sample() {
    Checkpoint checkpoint;
    checkpoint.text = {
        {"model", "type: convolutional\n"}, {"empty", ""}, {"long", std::string(200'000, 'x')}};
    checkpoint.numbers = {{"step", int64_t{1} << 53 | 1}, {"rate", 0.005}, {"minus", int64_t{-1}}};
    checkpoint.arrays = {{"encoder.0.weights", {2, 3}, {1, 2, 3, 4, 5, 6}},
                         {"encoder/0/bias", {2}, {-0.0F, std::numeric_limits<float>::denorm_min()}},
                         {"adam.step", {}, {7}},
                         {"alone", {1, 1, 1, 1}, {std::numeric_limits<float>::max()}},
                         {"nothing", {0, 3}, {}}};
    checkpoint.integers = {{"frozen.0.weights", {2, 2}, {INT32_MIN, -1, 16777217, INT32_MAX}},
                           {"frozen.0.bias", {0}, {}}};
    return checkpoint;
}

TEST(Checkpoint, ComesBack) {
    const Scratch folder;
    const std::string digest = write_checkpoint(folder / "c.h5", sample());
    EXPECT_EQ(digest, formats::hdf5_digest(folder / "c.h5"));
    const Checkpoint back = read_checkpoint(folder / "c.h5");
    EXPECT_EQ(back.text, sample().text);
    EXPECT_EQ(back.numbers, sample().numbers);
    ASSERT_EQ(back.arrays.size(), sample().arrays.size());
    for (size_t i = 0; i < back.arrays.size(); ++i) {
        EXPECT_EQ(back.arrays[i].name, sample().arrays[i].name);
        EXPECT_EQ(back.arrays[i].dims, sample().arrays[i].dims);
        EXPECT_EQ(back.arrays[i].values, sample().arrays[i].values);
    }
    EXPECT_TRUE(std::signbit(back.arrays[1].values[0]));
    ASSERT_EQ(back.integers.size(), 2U);
    EXPECT_EQ(back.integers[0].name, "frozen.0.weights");
    EXPECT_EQ(back.integers[0].dims, sample().integers[0].dims);
    EXPECT_EQ(back.integers[0].values, sample().integers[0].values);
}

TEST(Checkpoint, HoldsNoValueThatIsNotFinite) {
    const Scratch folder;
    write_checkpoint(folder / "c.h5", sample());
    const std::string before = formats::hdf5_digest(folder / "c.h5");
    for (const float bad : {NAN, INFINITY, -INFINITY}) {
        Checkpoint checkpoint = sample();
        checkpoint.arrays[0].values[4] = bad;
        try {
            write_checkpoint(folder / "c.h5", checkpoint);
            ADD_FAILURE() << bad;
        } catch (const FormatError& error) {
            EXPECT_THAT(error.what(), testing::HasSubstr("value 4 of array 'encoder.0.weights'"));
        }
    }
    EXPECT_EQ(formats::hdf5_digest(folder / "c.h5"), before);
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(Checkpoint, IsNotReadWithAValueThatIsNotFinite) {
    const Scratch folder;
    python(folder,
           "import h5py\n"
           "file = h5py.File('c.h5', 'w', userblock_size=512, libver='v108')\n"
           "file.attrs['format'], file.attrs['version'] = 'latentflow checkpoint', 1\n"
           "for name in ['text', 'numbers', 'arrays']: file.create_group(name)\n"
           "data = file['arrays'].create_dataset('w', data=[1, float('nan')], dtype='<f4')\n"
           "data.attrs['name'], data.attrs['order'] = 'w', np.int64(0)\n"
           "file.close()\n"
           "data = open('c.h5', 'rb').read()[512:]\n"
           "line = 'latentflow hdf5 sha256 ' + hashlib.sha256(data).hexdigest() + '\\n'\n"
           "open('c.h5', 'r+b').write(line.encode())\n");
    try {
        read_checkpoint(folder / "c.h5");
        ADD_FAILURE();
    } catch (const FormatError& error) {
        EXPECT_THAT(error.what(), testing::HasSubstr("value 1 of array 'w' is nan"));
    }
}

TEST(Checkpoint, MayBeWithoutIntegers) {
    const Scratch folder;
    Checkpoint checkpoint = sample();
    checkpoint.integers.clear();
    write_checkpoint(folder / "c.h5", checkpoint);
    EXPECT_TRUE(read_checkpoint(folder / "c.h5").integers.empty());
    EXPECT_EQ(read_checkpoint(folder / "c.h5").arrays.size(), checkpoint.arrays.size());
}

TEST(Checkpoint, OthersReadIt) {
    const Scratch folder;
    write_checkpoint(folder / "c.h5", sample());
    python(folder, R"(
import h5py
f = h5py.File('c.h5')
assert f.attrs['format'] == 'latentflow checkpoint' and f.attrs['version'] == 1
assert f['text'].attrs['model'] == 'type: convolutional\n' and len(f['text'].attrs['long']) == 200000
assert f['numbers'].attrs['step'] == 2 ** 53 + 1 and f['numbers'].attrs['rate'] == 0.005
w = f['arrays/encoder/0/weights']
assert (w[:] == [[1, 2, 3], [4, 5, 6]]).all() and w.dtype == '<f4' and w.attrs['name'] == 'encoder.0.weights'
i = f['integers/frozen/0/weights']
assert i.dtype == '<i4' and (i[:] == [[-2 ** 31, -1], [2 ** 24 + 1, 2 ** 31 - 1]]).all()
assert f['arrays/adam/step'][()] == 7 and f['arrays/nothing'].shape == (0, 3)
)");
}

TEST(Checkpoint, EqualContentIsEqualBytesWhateverTheFolder) {
    const Scratch one, other;
    write_checkpoint(one / "a.h5", sample());
    write_checkpoint(other / "checkpoint.h5", sample());
    EXPECT_EQ(formats::read_file(one / "a.h5"), formats::read_file(other / "checkpoint.h5"));
}

TEST(Checkpoint, RefusesNamesAndSizesThatMakeNoSense) {
    const Scratch folder;
    write_checkpoint(folder / "c.h5", sample());
    const auto refuses = [&](formats::NamedArray array) {
        Checkpoint checkpoint = sample();
        checkpoint.arrays.push_back(std::move(array));
        EXPECT_THROW(write_checkpoint(folder / "c.h5", checkpoint), FormatError);
    };
    refuses({"encoder.0.weights", {1}, {0}});  // doubled
    refuses({"encoder.0", {1}, {0}});          // a group already
    refuses({"alone.too", {1}, {0}});          // an array already
    refuses({"a..b", {1}, {0}});
    refuses({"", {1}, {0}});
    refuses({"size", {2, 2}, {0, 0, 0}});
    refuses({"negative", {-1}, {}});
    refuses({"overflow", {int64_t{1} << 33, int64_t{1} << 33}, {}});
    EXPECT_EQ(read_checkpoint(folder / "c.h5").text, sample().text);  // the old one stayed
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(Checkpoint, RefusesOtherFiles) {
    const Scratch folder;
    EXPECT_THROW(read_checkpoint(folder / "none.h5"), formats::IoError);
    formats::hdf5::Writer writer(folder / "a.h5", formats::Publish::replace);
    formats::hdf5::write_attribute(writer.file(), "format", "something else");
    writer.commit();
    try {
        read_checkpoint(folder / "a.h5");
        FAIL();
    } catch (const FormatError& error) {
        EXPECT_THAT(error.what(), testing::HasSubstr("a.h5: is a 'something else', but a "
                                                     "'latentflow checkpoint' is needed"));
    }
}

TEST(Checkpoint, LargeOnesAreQuick) {
    const Scratch folder;
    const std::vector<float> values(size_t{1} << 26, 0.5F);  // 268 MB: a fully connected model
    const std::vector<formats::ArrayView> arrays{{"weights", {8192, 8192}, values}};
    const auto start = std::chrono::steady_clock::now();
    write_checkpoint(folder / "c.h5", {}, {}, arrays);
    const auto middle = std::chrono::steady_clock::now();
    EXPECT_EQ(read_checkpoint(folder / "c.h5").arrays.at(0).values, values);
    const std::chrono::duration<double> writing = middle - start;
    const std::chrono::duration<double> reading = std::chrono::steady_clock::now() - middle;
    RecordProperty("write_seconds", std::to_string(writing.count()));
    RecordProperty("read_seconds", std::to_string(reading.count()));
    EXPECT_LT(writing.count() + reading.count(), 60);
}

}  // namespace
