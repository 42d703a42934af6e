// Files and folders: what the system refuses is told with the path and what was tried.
#include "formats/digest.hpp"
#include "formats/error.hpp"
#include "formats/file.hpp"
#include "formats/folder.hpp"
#include "formats/publish.hpp"
#include "tests/formats/scratch.hpp"

#include <functional>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

namespace formats {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const std::vector<std::byte> some_bytes(5, std::byte{7});

std::string refusal(const std::function<void()>& act) {
    try {
        act();
        return "none";
    } catch (const IoError& error) {
        return error.what();
    }
}

TEST(File, ReadsWritesAndIsCut) {
    const Scratch folder;
    File file(folder / "a", O_RDWR | O_CREAT);
    file.write_at(3, some_bytes);
    file.sync();
    EXPECT_EQ(file.size(), 8U);
    std::vector<std::byte> read(10);
    EXPECT_EQ(file.read_at(2, read), 6U);
    EXPECT_EQ(read[1], std::byte{7});
    for (const uint64_t beyond :
         {uint64_t{8}, uint64_t{INT64_MAX} - 1, uint64_t{1} << 63, UINT64_MAX})
        EXPECT_EQ(file.read_at(beyond, read), 0U);
    file.resize(4);
    EXPECT_EQ(file.size(), 4U);
    EXPECT_EQ(read_file(folder / "a", 4).size(), 4U);
    try {
        read_file(folder / "a", 3);
        ADD_FAILURE();
    } catch (const FormatError& error) {
        EXPECT_THAT(error.what(), HasSubstr("4 bytes, but at most 3"));
    }
}

TEST(File, TellsWhatTheSystemRefused) {
    const Scratch folder;
    EXPECT_THAT(refusal([&] { File(folder / "none"); }),
                AllOf(HasSubstr("none: cannot open"), HasSubstr("No such file")));
    File full("/dev/full", O_RDWR);
    EXPECT_THAT(refusal([&] { full.write_at(0, some_bytes); }),
                AllOf(HasSubstr("/dev/full: cannot write"), HasSubstr("No space left")));
    EXPECT_THAT(refusal([&] { full.resize(1); }), HasSubstr("/dev/full: cannot write"));
    EXPECT_THAT(refusal([&] { full.sync(); }), HasSubstr("/dev/full: cannot flush"));
    const File opened_folder(folder.path(), O_RDONLY | O_DIRECTORY);
    std::vector<std::byte> into(1);
    EXPECT_THAT(refusal([&] { opened_folder.read_at(0, into); }),
                AllOf(HasSubstr("cannot read"), HasSubstr("Is a directory")));
}

TEST(Folder, IsMadeWithThoseAboveItAndListed) {
    const Scratch folder;
    make_folder(folder / "a/b/../c/");
    make_folder(folder / "a/c");
    publish_text(folder / "a/c/d", "");
    publish_text(folder / "a/b", "");
    std::vector<std::string> names;
    for (const auto& entry : list_tree(folder / "a"))
        names.push_back(entry.path().lexically_relative(folder.path()).generic_string());
    EXPECT_THAT(names, ::testing::ElementsAre("a/b", "a/c", "a/c/d"));
    EXPECT_EQ(list_folder(folder / "a").size(), 2U);
    sync_folder(folder / "a");
    sync_folder("/proc");  // which has nothing to flush
}

TEST(Folder, TellsWhatTheSystemRefused) {
    const Scratch folder;
    publish_text(folder / "file", "");
    EXPECT_THAT(refusal([&] { make_folder(folder / "file"); }), HasSubstr("file: cannot make"));
    EXPECT_THAT(refusal([&] { make_folder(folder / "file/below"); }), HasSubstr("cannot make"));
    EXPECT_THAT(refusal([&] { list_folder(folder / "none"); }), HasSubstr("none: cannot list"));
    EXPECT_THAT(refusal([&] { list_tree(folder / "file"); }), HasSubstr("file: cannot list"));
    EXPECT_THAT(refusal([&] { sync_folder(folder / "none"); }), HasSubstr("none: cannot open"));
}

TEST(Temporaries, AreKnownByTheirNames) {
    const Scratch folder;
    const std::string ours = Publication(folder / "a").temporary().filename();
    EXPECT_TRUE(is_temporary(ours));
    for (const char* other :
         {"a", ".a", "a.host.12-0.part", ".part", ".a.part", ".a.12-0.part", ".a.host.12.part",
          ".a.host.x-0.part", ".a.host.1x-0.part", ".a.host.0-0.part", ".a.host.-3-0.part"})
        EXPECT_FALSE(is_temporary(other)) << other;
    EXPECT_TRUE(is_temporary(".a.b.c.host.12-0.part"));
    remove_stale_temporaries(folder / "none");
}

TEST(Digest, IsReadFromDigitsAlone) {
    const std::string digits = sha256(some_bytes);
    EXPECT_EQ(std::string(StoredDigest(digits)), digits);
    EXPECT_EQ(std::string(StoredDigest("")), std::string(digest_length, '0'));
    for (const std::string& wrong : {digits.substr(1), digits + "0", "g" + digits.substr(1),
                                     digits.substr(1) + " ", digits.substr(1) + "x"})
        EXPECT_THROW(StoredDigest{wrong}, FormatError) << wrong;
}

}  // namespace
}  // namespace formats
