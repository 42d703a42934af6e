// Signed HDF5 files that are made to do harm: each is refused in one line, whatever becomes of the
// child that tries it, and in little time and memory.
#include "formats/archive_plan.hpp"
#include "formats/checkpoint.hpp"
#include "formats/error.hpp"
#include "formats/hdf5_file.hpp"
#include "formats/hdf5_trial.hpp"
#include "formats/latents_file.hpp"
#include "tests/formats/python.hpp"
#include "tests/spent.hpp"

#include <thread>

#include <gmock/gmock.h>

namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class Hdf5Trial : public testing::Test {
  public:
    /// What is said of a file that h5py makes and that is then signed as ours.
    std::string refusal(const std::string& script, const std::string& afterwards = "") {
        make_signed_hdf5(folder, "a.h5", script, afterwards);
        std::string said;
        const Spent spent = spent_by([&] {
            try {
                const formats::hdf5::Reader reader(folder / "a.h5");
            } catch (const formats::FormatError& error) {
                said = error.what();
            }
            return said;
        });
        EXPECT_LT(spent.seconds, most_seconds) << script;
        EXPECT_LT(spent.bytes, uint64_t{256} << 20) << script;
        EXPECT_THAT(spent.said, Not(HasSubstr("\n")));
        return spent.said;
    }

    Scratch folder;
};

TEST_F(Hdf5Trial, AFileThatKillsItsReaderIsRefused) {
    // Debian's libhdf5 reads before the beginning of a chunk that is shorter than its checksum.
    EXPECT_THAT(refusal("d = f.create_dataset('x', (8,), 'f4', chunks=(8,), fletcher32=True)\n"
                        "d.id.write_direct_chunk((0,), b'ab')"),
                AllOf(StartsWith((folder / "a.h5").string() + ": refused: "),
                      HasSubstr("tried to read it ended by signal 11 (Segmentation fault)")));
}

TEST_F(Hdf5Trial, BombsAreRefused) {
    // A chunk of 64 KiB that inflates to 1 GiB.
    EXPECT_THAT(
        refusal("d = f.create_dataset('x', (16384,), 'f4', chunks=(16384,), compression=1)\n"
                "c = zlib.compressobj(9)\n"
                "z = b''.join(c.compress(bytes(1 << 20)) for i in range(1024)) + c.flush()\n"
                "d.id.write_direct_chunk((0,), z)"),
        HasSubstr(": refused: "));
    // 200 MB, all zeros, in 200 KB.
    EXPECT_THAT(
        refusal("d = f.create_dataset('x', (50_000_000,), 'f4', chunks=(1 << 20,), "
                "compression=9)\nfor i in range(0, 50_000_000, 1 << 20): d[i:i + (1 << 20)] = 0"),
        HasSubstr("'x' makes it more than 500 times as large as what is stored"));
    EXPECT_THAT(refusal("f.create_dataset('x', (1 << 30,), 'f4')"),
                HasSubstr("'x' claims to be larger than what is stored"));
    EXPECT_THAT(refusal("f.create_dataset('x', data=np.zeros(100_000))\n"
                        "for i in range(9): f[f'y{i}'] = f['x']"),
                HasSubstr("claims to be larger than what is stored"));
    // 4096 texts of 60 KB are one and the same, which is stored once.
    EXPECT_THAT(
        refusal("d = f.create_dataset('x', (4096,), h5py.string_dtype())\nd[0] = 'x' * 60000\n"
                "at = d.id.get_offset()",
                "raw[at:at + 4096 * 16] = raw[at:at + 16] * 4096"),
        HasSubstr(": refused: "));
}

TEST_F(Hdf5Trial, WhatTheProgramDoesNotReadIsRefused) {
    EXPECT_THAT(refusal("f['x'] = np.zeros(3, [('a', 'f4'), ('b', 'i4')])"),
                HasSubstr("'x' is of a type that is not read"));
    EXPECT_THAT(refusal("f['x'] = np.zeros(3, '>f4')"), HasSubstr("of a type that is not read"));
    EXPECT_THAT(refusal("f['x'] = np.zeros(3, 'f2')"), HasSubstr("of a type that is not read"));
    EXPECT_THAT(refusal("f.create_dataset('x', (3,), h5py.vlen_dtype('i4'))"),
                HasSubstr("of a type that is not read"));
}

TEST_F(Hdf5Trial, EachReasonIsFoundWithoutAChildToo) {
    const auto reason = [&](const std::string& script,
                            const std::string& afterwards = "") -> std::string {
        make_signed_hdf5(folder, "a.h5", script, afterwards);
        try {
            formats::hdf5::read_through(formats::File(folder / "a.h5"));
            return "none";
        } catch (const formats::FormatError& error) {
            return error.what();
        }
    };
    EXPECT_EQ(reason("f['x'] = np.arange(5)\nf['t'] = ['a', 'bc']\nf.attrs['a'] = 'text'\n"
                     "f.create_dataset('z', data=np.arange(9), chunks=(4,), compression=9, "
                     "shuffle=True, fletcher32=True)\n"
                     "f.create_dataset('e', (0,), 'f4')\nf['s'] = 3.5\nf['st'] = 'a text'\n"
                     "f['g/h/i'] = np.zeros((2, 3), 'f4')\nf['type'] = np.dtype('f4')\n"
                     "f.create_dataset('n', (5,), 'f4', maxshape=(None,), chunks=(2,))"),
              "none");
    for (const auto& [script, words] : std::vector<std::pair<const char*, const char*>>{
             {"f['x'] = h5py.SoftLink('/y')", "'x' is a link to elsewhere"},
             {"f['x'] = h5py.ExternalLink('other.h5', '/y')", "'x' is a link to elsewhere"},
             {"f.create_dataset('x', (8,), 'u1', external=[('other', 0, 8)])",
              "'x' keeps its data in another file"},
             {"v = h5py.VirtualLayout((8,), 'u1')\nv[:] = h5py.VirtualSource('o.h5', 'y', (8,))\n"
              "f.create_virtual_dataset('x', v)",
              "'x' is virtual"},
             {"f.create_dataset('x', data=np.zeros(99), chunks=(9,), compression='lzf')",
              "'x' uses the unknown filter 32000"},
             {"f['x'] = np.zeros(3, 'f2')", "'x' is of a type that is not read"},
             {"f.create_dataset('x', (1 << 30,), 'f4')", "'x' claims to be larger than what is"},
             {"f.create_dataset('x', (200_000_000,), 'u1', chunks=(1 << 20,), compression=9)",
              "'x' makes it more than 500 times as large as what is stored"},
             {"f.create_dataset('x', (3,), 'f4', chunks=(1 << 25,), maxshape=(None,))",
              "'x' has chunks of more than 64 MiB"},
             {"d = f.create_dataset('x', (64, 1 << 27), 'u1', chunks=(1, 1 << 20), compression=9)",
              "'x' "},
             {"f['y'] = np.zeros(600_000, 'u1')\n"
              "f.create_dataset('x', (1, 1 << 24), h5py.string_dtype(), chunks=(1, 4096))",
              "'x' has rows that are too large"},
             {"f['/'.join('g' * 40) + '/x'] = 1", "is in too deep a group"}})
        EXPECT_THAT(reason(script), HasSubstr(words)) << script;
    EXPECT_THAT(
        reason("d = f.create_dataset('x', (4096,), h5py.string_dtype())\nd[0] = 'x' * 60000\n"
               "at = d.id.get_offset()",
               "raw[at:at + 4096 * 16] = raw[at:at + 16] * 4096"),
        HasSubstr("'x' shows the same text again and again"));
}

TEST_F(Hdf5Trial, GarbageInTheMetadataIsRefused) {
    for (int at = 512; at < 1400; at += 37) {
        const std::string damage = "raw[" + std::to_string(at) + "] ^= 0xff\n";
        refusal("f['x'] = np.arange(5)\nf.attrs['a'] = 'text'", damage);  // or not: but nobody dies
    }
}

TEST_F(Hdf5Trial, OthersReadAndWriteMeanwhile) {
    formats::write_checkpoint(folder / "a.h5", {{{"a", "b"}}, {}, {{"w", {2}, {1, 2}}}, {}});
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&, i] {
            for (int k = 0; k < 10; ++k) {
                EXPECT_EQ(formats::read_checkpoint(folder / "a.h5").arrays[0].values[1], 2);
                formats::write_checkpoint(folder / (std::to_string(i) + ".h5"), {});
            }
        });
    for (auto& thread : threads) thread.join();
}

}  // namespace
