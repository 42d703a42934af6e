// HDF5 files: damaged ones are seen before libhdf5 opens them, and what leads out of a file is
// refused though its digest be right.
#include "formats/digest.hpp"
#include "formats/error.hpp"
#include "formats/hdf5_file.hpp"
#include "tests/formats/python.hpp"

#include <csignal>
#include <thread>

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using formats::FormatError;
using formats::Publish;
using formats::hdf5::Handle;

class Hdf5File : public testing::Test {
  public:
    /// A file with one text, one number and 1000 compressed rows.
    std::string write(const std::string& name, float first = 0) {
        formats::hdf5::Writer writer(folder / name, Publish::replace);
        formats::hdf5::write_attribute(writer.file(), "text", "Zellen µm");
        formats::hdf5::write_attribute(writer.file(), "integer", int64_t{1} << 60);
        formats::hdf5::write_attribute(writer.file(), "number", 0.1);
        {
            const std::vector<hsize_t> dims{0, 4};
            const Handle data = formats::hdf5::create_dataset(writer.file(), "data", H5T_IEEE_F32LE,
                                                              dims, {{100, 4}, 6});
            std::vector<float> rows(4000);
            for (size_t i = 0; i < rows.size(); ++i) rows[i] = first + static_cast<float>(i);
            formats::hdf5::write_rows(data, H5T_NATIVE_FLOAT, 0, 1000, rows.data());
            formats::hdf5::create_group(writer.file(), "group");
        }
        EXPECT_TRUE(writer.commit());
        return writer.digest();
    }

    std::string refusal(const std::string& name) {
        try {
            const formats::hdf5::Reader reader(folder / name);
            return "";
        } catch (const FormatError& error) {
            return error.what();
        }
    }

    /// Makes a file with h5py and signs it as ours.
    void make(const std::string& script) {
        python(folder,
               "import h5py\nf = h5py.File('a.h5', 'w', userblock_size=512)\n" + script + R"(
f.close()
data = open('a.h5', 'rb').read()[512:]
with open('a.h5', 'r+b') as f:
    f.write(b'latentflow hdf5 sha256 ' + hashlib.sha256(data).hexdigest().encode() + b'\n')
)");
    }

    Scratch folder;
};

TEST_F(Hdf5File, IsReadWholeWhileItIsReplaced) {
    write("a.h5");
    const pid_t writer = ::fork();
    if (writer == 0)
        for (float first = 1;; ++first) write("a.h5", first);
    for (int i = 0; i < 300; ++i) {
        const formats::hdf5::Reader reader(folder / "a.h5");
        const auto data = formats::hdf5::open_dataset(reader.file(), "data", "a.h5");
        std::vector<float> rows(4000);
        formats::hdf5::read_rows(data, H5T_NATIVE_FLOAT, 0, 1000, rows.data(), "a.h5");
        ASSERT_EQ(rows.back(), rows.front() + 3999);
    }
    ::kill(writer, SIGKILL);
    ::waitpid(writer, nullptr, 0);
}

TEST_F(Hdf5File, OthersReadIt) {
    const std::string digest = write("a.h5");
    EXPECT_EQ(formats::hdf5_digest(folder / "a.h5"), digest);
    python(folder, R"(
import h5py
raw = open('a.h5', 'rb').read()
assert raw[:512] == b'latentflow hdf5 sha256 ' + b')" +
                       digest + R"(\n' + bytes(512 - 88)
assert hashlib.sha256(raw[512:]).hexdigest() == ')" +
                       digest + R"('
f = h5py.File('a.h5')
assert f.attrs['text'] == 'Zellen µm' and f.attrs['integer'] == 2 ** 60 and f.attrs['number'] == 0.1
d = f['data']
assert (d[:].ravel() == np.arange(4000)).all()
assert d.chunks == (100, 4) and d.compression == 'gzip' and d.fletcher32 and d.shuffle and d.maxshape == (None, 4)
)");
    const formats::hdf5::Reader reader(folder / "a.h5");
    const auto attributes = formats::hdf5::attributes(reader.file(), "a.h5");
    EXPECT_EQ(formats::hdf5::get<std::string>(attributes, "text", "a.h5"), "Zellen µm");
    EXPECT_EQ(formats::hdf5::get<int64_t>(attributes, "integer", "a.h5"), int64_t{1} << 60);
    EXPECT_THROW(formats::hdf5::get<double>(attributes, "integer", "a.h5"), FormatError);
}

TEST_F(Hdf5File, EqualContentIsEqualBytes) {
    write("a.h5");
    std::this_thread::sleep_for(std::chrono::milliseconds(1100));  // times are of whole seconds
    write("b.h5");
    EXPECT_EQ(formats::read_file(folder / "a.h5"), formats::read_file(folder / "b.h5"));
    EXPECT_NE(write("b.h5", 1), formats::hdf5_digest(folder / "a.h5"));
}

TEST_F(Hdf5File, EveryDamageIsSeen) {
    write("a.h5");
    const auto whole = formats::read_file(folder / "a.h5");
    const auto rewrite = [&](std::span<const std::byte> bytes) {
        std::ofstream(folder / "b.h5", std::ios::binary)
            .write(reinterpret_cast<const char*>(bytes.data()),
                   static_cast<std::streamsize>(bytes.size()));
    };
    for (size_t bit = 0; bit < whole.size() * 8; bit += 211) {
        auto flipped = whole;
        flipped[bit / 8] ^= std::byte{1} << bit % 8;
        rewrite(flipped);
        ASSERT_NE(refusal("b.h5"), "") << bit;
    }
    for (size_t size = 0; size < whole.size(); size += 111) {
        rewrite(std::span(whole).first(size));
        ASSERT_NE(refusal("b.h5"), "") << size;
    }
    EXPECT_THAT(refusal("b.h5"), testing::HasSubstr("b.h5: damaged: its SHA-256 is "));
    python(folder, "import h5py\nh5py.File('b.h5', 'w').close()");
    EXPECT_THAT(refusal("b.h5"), testing::HasSubstr("not written by latentflow"));
    EXPECT_THROW(formats::hdf5::Reader(folder / "none.h5"), formats::IoError);
}

TEST_F(Hdf5File, WhatLeadsOutIsRefused) {
    make("f['x'] = np.arange(5)\nf.create_dataset('g/y', data=np.arange(9.), compression='gzip')");
    EXPECT_EQ(refusal("a.h5"), "");
    make("f['link'] = h5py.ExternalLink('other.h5', '/x')");
    EXPECT_THAT(refusal("a.h5"), testing::HasSubstr("refused: 'link' is a link to elsewhere"));
    make("f['link'] = h5py.SoftLink('/x')");
    EXPECT_THAT(refusal("a.h5"), testing::HasSubstr("'link' is a link to elsewhere"));
    make("f.create_dataset('g/x', (5,), 'f4', external=[('/etc/passwd', 0, 20)])");
    EXPECT_THAT(refusal("a.h5"), testing::HasSubstr("'g/x' keeps its data in another file"));
    make(
        "v = h5py.VirtualLayout((5,), 'f4')\nv[:] = h5py.VirtualSource('b.h5', 'x', (5,))\n"
        "f.create_virtual_dataset('x', v)");
    EXPECT_THAT(refusal("a.h5"), testing::HasSubstr("'x' is virtual"));
    make("f.create_dataset('x', data=np.arange(100), compression='lzf')");
    EXPECT_THAT(refusal("a.h5"), testing::HasSubstr("'x' uses the unknown filter 32000"));
    make("f.create_dataset('x', (1 << 40, 1 << 20), 'f4', chunks=(16, 16))");
    EXPECT_THAT(refusal("a.h5"), testing::HasSubstr("as large as what is stored"));
    make("f.create_dataset('x', (1 << 20, 1 << 20), 'f4', chunks=(1 << 15, 1 << 14))");
    EXPECT_THAT(refusal("a.h5"), testing::HasSubstr("has chunks of more than 64 MiB"));
    make("g = f\nfor i in range(100): g = g.create_group('g')");
    EXPECT_THAT(refusal("a.h5"), testing::HasSubstr("is in too deep a group"));
    make("f['g/loop'] = f['/']");  // a hard link: allowed, and no endless walk
    EXPECT_EQ(refusal("a.h5"), "");
}

TEST_F(Hdf5File, NothingRemainsWithoutCommit) {
    {
        formats::hdf5::Writer writer(folder / "a.h5", Publish::replace);
        formats::hdf5::write_attribute(writer.file(), "text", "x");
        EXPECT_THROW(formats::hdf5::write_attribute(writer.file(), "text", "x"), FormatError);
        EXPECT_THROW(formats::hdf5::write_attribute(writer.file(), "zero", std::string(3, '\0')),
                     FormatError);
    }
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST_F(Hdf5File, FullDiskIsTheSystemsError) {
    const pid_t pid = ::fork();
    if (pid == 0) {
        std::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{3000, 3000};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        try {
            write("a.h5");
        } catch (const formats::IoError& error) {
            ::_exit(error.number() == EFBIG ? 7 : 8);
        }
        ::_exit(9);
    }
    int status = 0;
    ::waitpid(pid, &status, 0);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 7);
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST_F(Hdf5File, NothingIsPrinted) {
    write("a.h5");
    testing::internal::CaptureStderr();
    {
        const formats::hdf5::Reader reader(folder / "a.h5");
        EXPECT_THROW(formats::hdf5::open_dataset(reader.file(), "none", "a.h5"), FormatError);
        std::thread([&] {
            EXPECT_THROW(formats::hdf5::open_dataset(reader.file(), "none", "a.h5"), FormatError);
        }).join();
    }
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST_F(Hdf5File, ThreadsWriteFilesOfTheirOwn) {
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([this, i] {
            for (int k = 0; k < 5; ++k) {
                write(std::to_string(i) + ".h5", static_cast<float>(i));
                EXPECT_EQ(refusal(std::to_string(i) + ".h5"), "");
            }
        });
    for (auto& thread : threads) thread.join();
}

}  // namespace
