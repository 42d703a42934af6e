// HDF5 files that are whole and harmless, and yet not what a reader needs: each is refused with
// the file and what is wrong with it.
#include "formats/checkpoint.hpp"
#include "formats/digest.hpp"
#include "formats/error.hpp"
#include "formats/hdf5_columns.hpp"
#include "formats/hdf5_file.hpp"
#include "formats/latents_file.hpp"
#include "formats/vector_manifest.hpp"
#include "tests/formats/python.hpp"

#include <functional>

#include <gmock/gmock.h>

namespace formats {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class Hdf5Refusals : public testing::Test {
  public:
    /// A file in which `change` is made to what it should be.
    void make(const std::string& name, const std::string& fill, const std::string& change) {
        make_signed_hdf5(folder, name, "f.attrs['version'] = 1\n" + fill + "\n" + change);
    }

    static std::string refusal(const std::function<void()>& read) {
        try {
            read();
            return "none";
        } catch (const FormatError& error) {
            return error.what();
        }
    }

    Scratch folder;
};

using Change = std::pair<const char*, const char*>;  // of the file, and what is said of it

TEST_F(Hdf5Refusals, Latents) {
    const std::string fill = R"(
f.attrs['format'], f.attrs['model'], f.attrs['checkpoint'] = 'latentflow latents', 'm', 'c'
f.attrs['bits_per_pixel'] = 1.0
f['latents'] = np.zeros((2, 3, 4, 5), 'u1')
f['centres'] = np.array([-1, 1], 'f4')
f['path'] = ['a', 'b']
f['split'] = ['test', 'test']
f['sha256'] = np.array([b'0' * 64] * 2)
for name in ['page', 'height', 'width']: f[name] = np.zeros(2, 'i4'))";
    const auto read = [&](const std::string& change) {
        make("l.h5", fill, change);
        return refusal([&] { LatentsReader(folder / "l.h5").read(0, 2); });
    };
    const std::string shape = "f.__delitem__('latents'); f['latents'] = np.zeros(";
    for (const auto& [change, words] : std::vector<std::pair<std::string, const char*>>{
             {shape + "(2, 3, 4), 'u1')", "'latents' is not of (image, channel, y, x)"},
             {shape + "(2, 0, 4, 5), 'u1')", "'latents' is not of (image, channel, y, x)"},
             {"f['latents'][0, 0, 0, 0] = 2", "symbol 2, but there are 2 centres"},
             {"del f['centres']; f['centres'] = np.zeros((2, 2), 'f4')", "'centres' is not a list"},
             {"del f['centres']; f['centres'] = np.zeros(257, 'f4')", "'centres' is not a list"},
             {"del f['centres']; f['centres'] = np.zeros(0, 'f4')", "'centres' is not a list"},
             {"del f['path']; f['path'] = ['a']", "'path' has not one value per image"},
             {"del f['path']", "path"},
             {"del f.attrs['model']", "attribute 'model' is missing or of another type"},
             {"f.attrs['model'] = 3", "attribute 'model' is missing or of another type"},
             {"f.attrs['version'] = 2", "of version 2, but this program reads version 1"},
             {"f.attrs['format'] = 'other'", "is a 'other'"},
             {"del f.attrs['format']", "format"}})
        EXPECT_THAT(read(change), AllOf(HasSubstr("l.h5"), HasSubstr(words))) << change;
    EXPECT_EQ(read(""), "none");
    EXPECT_THAT(refusal([&] { LatentsReader(folder / "l.h5").read(1, 2); }),
                HasSubstr("rows 1 to 3 were asked for, but there are 2"));
}

TEST_F(Hdf5Refusals, Checkpoints) {
    const std::string fill = R"(
f.attrs['format'] = 'latentflow checkpoint'
for name in ['text', 'numbers', 'arrays']: f.create_group(name)
for i, name in enumerate('ab'):
    d = f['arrays'].create_dataset(name, data=np.ones(2, 'f4'))
    d.attrs['name'], d.attrs['order'] = name, np.int64(i))";
    const auto read = [&](const std::string& change) {
        make("c.h5", fill, change);
        return refusal([&] { read_checkpoint(folder / "c.h5"); });
    };
    EXPECT_EQ(read(""), "none");
    EXPECT_EQ(read("f['numbers'].attrs['x'] = 'text: passed over'"), "none");
    for (const auto& [change, words] : std::vector<Change>{
             {"f['arrays/b'].attrs['order'] = np.int64(0)", "two arrays have one place"},
             {"del f['arrays/b'].attrs['order']", "attribute 'order' is missing"},
             {"del f['arrays/b'].attrs['name']", "attribute 'name' is missing"},
             {"f['text'].attrs['x'] = 3", "attribute 'x' is missing or of another type"},
             {"del f['text']", "text"},
             {"f['arrays/b'][1] = np.inf", "value 1 of array 'b' is inf"}})
        EXPECT_THAT(read(change), AllOf(HasSubstr("c.h5"), HasSubstr(words))) << change;
}

TEST_F(Hdf5Refusals, Columns) {
    make("t.h5", "f['x'] = np.arange(3)\nf['y'] = np.zeros((2, 2), 'i8')\nf['t'] = ['a', 'b']", "");
    const hdf5::Reader reader(folder / "t.h5");
    const auto naturals = [&](const char* name, hdf5::Rows rows) {
        return refusal([&] { hdf5::read_naturals(reader.file(), name, "t.h5", rows); });
    };
    EXPECT_EQ(naturals("x", {1, 2}), "none");
    EXPECT_EQ(naturals("x", {9, {}}), "none");
    EXPECT_THAT(naturals("x", {1, 3}), HasSubstr("'x' is shorter than what is told of it"));
    EXPECT_THAT(naturals("y", {}), HasSubstr("'y' is no column"));
    EXPECT_THAT(naturals("z", {}), HasSubstr("'z'"));
    EXPECT_EQ(hdf5::read_texts(reader.file(), "t", "t.h5", 0, {0, 0}).size(), 0U);
    hdf5::Writer writer(folder / "w.h5", Publish::replace);
    const std::vector<std::string> texts{"ab", "abc"};
    EXPECT_THAT(refusal([&] { hdf5::write_column(writer.file(), "a", texts, 2); }),
                HasSubstr("'abc' is longer than 2"));
}

TEST_F(Hdf5Refusals, ManifestsOfVectors) {
    const std::string fill = R"(
f.attrs['format'] = 'latentflow vector index'
f.attrs['metric'], f.attrs['source'] = 'l2', 's'
f.attrs['dimension'], f.attrs['links'], f.attrs['effort'] = 4, 8, 60
f['first'], f['end'] = np.array([0], 'u8'), np.array([5], 'u8')
f['sha256'] = np.array([b'0' * 64]))";
    const auto read = [&](const std::string& change) {
        make("index.h5", fill, change);
        return refusal([&] { read_manifest(folder.path()); });
    };
    EXPECT_EQ(read(""), "none");
    for (const auto& [change, words] : std::vector<Change>{
             {"del f['sha256']; f['sha256'] = np.array([b'0' * 64] * 2)",
              "'sha256' is not of one digest a segment"},
             {"del f['end']; f['end'] = np.zeros(2, 'u8')", "'end' is not of size 1"},
             {"f.attrs['metric'] = 'angle'", "no metric 'angle' among: cosine, l2"},
             {"f.attrs['dimension'] = 0", "an index of dimension 0: 1 to 65536 are possible"},
             {"f.attrs['links'] = 1", "an index of links 1"},
             {"f.attrs['effort'] = 1 << 20", "an index of effort 1048576"},
             {"f.attrs['links'] = -1", "an index of links -1"}})
        EXPECT_THAT(read(change), HasSubstr(words)) << change;
}

}  // namespace
}  // namespace formats
