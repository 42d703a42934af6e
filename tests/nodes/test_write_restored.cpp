#include "tests/nodes/small_archive.hpp"

namespace {

namespace fs = std::filesystem;
using nodes::RestoredImage;
using ::testing::HasSubstr;

RestoredImage image(const std::string& path, int pages = 1) {
    RestoredImage image;
    image.entry.path = path;
    image.frame = make_frame(path, static_cast<size_t>(pages));
    return image;
}

RestoredImage file(const std::string& path, size_t bytes) {
    RestoredImage image;
    image.entry.path = path;
    image.original.assign(bytes, std::byte{7});
    return image;
}

class WriteRestored : public testing::Test {
  protected:
    std::string write(const RestoredImage& restored, const std::string& more = "") {
        return error_of([&] {
            Runner runner("write_restored", archive.params(", output: " + out.string() + more));
            runner.start().give("restored", restored).receive();
        });
    }

    const SmallArchive archive;
    fs::path out = archive.scratch / "out";
};

TEST_F(WriteRestored, UnderThePathsThatTheyHad) {
    EXPECT_EQ(write(image("plate 7/a.v2.TIF", 2)), "");
    const auto back = formats::read_tiff_frame(out / "plate 7/a.v2.TIF");
    EXPECT_TRUE(nodes::same_content(back, *image("x", 2).frame));
    EXPECT_EQ(write(file("b", 9)), "");
    EXPECT_EQ(file_bytes(out / "b").size(), 9u);
    EXPECT_EQ(write(image("c.tif"), ", compression: none"), "");
    EXPECT_EQ(write(image("d.tif")), "");
    EXPECT_GT(fs::file_size(out / "c.tif"), fs::file_size(out / "d.tif"));
}

TEST_F(WriteRestored, ReplacesOtherContentOnlyIfAsked) {
    EXPECT_EQ(write(image("a.tif")), "");
    EXPECT_EQ(write(image("a.tif"), ", compression: none"), "");  // the same is no error
    const auto before = file_bytes(out / "a.tif");
    EXPECT_THAT(write(image("a.tif", 2)), HasSubstr("is there already, with other content"));
    EXPECT_THAT(write(file("a.tif", 5)), HasSubstr("is there already"));
    EXPECT_EQ(file_bytes(out / "a.tif"), before);
    EXPECT_EQ(write(file("a.tif", 5), ", overwrite: true"), "");
    EXPECT_EQ(fs::file_size(out / "a.tif"), 5u);
    fs::create_symlink(archive.input() / "notes.txt", out / "link");
    EXPECT_THAT(write(file("link", 5)), HasSubstr("is there already"));
    EXPECT_EQ(write(file("link", 5), ", overwrite: true"), "");  // the link, not where it leads
    EXPECT_EQ(fs::file_size(archive.input() / "notes.txt"), 15u);
}

TEST_F(WriteRestored, NeverLeadsOutOfTheFolder) {
    for (const char* path : {"../a", "/tmp/a", "a/../../b", ""})
        EXPECT_THAT(write(file(path, 1)), HasSubstr("is no path below a folder")) << path;
    EXPECT_THAT(write(file(std::string("a\0b", 3), 1)), HasSubstr("is no path below a folder"));
    std::string deep;
    while (deep.size() < 5000) deep += "a/";
    for (const std::string& path :
         {std::string(256, 'a'), std::string(300, 'b') + "/c", deep + "a"})
        EXPECT_THAT(write(file(path, 1)), HasSubstr("is longer than paths and names may be"));
    EXPECT_EQ(write(file(std::string(255, 'a'), 1)), "");
    fs::create_directories(out);
    fs::create_directories(archive.scratch / "elsewhere");
    fs::create_directory_symlink(archive.scratch / "elsewhere", out / "plate");
    EXPECT_THAT(write(file("plate/a/b.tif", 1)), HasSubstr("is a link that leads out of"));
    EXPECT_TRUE(fs::is_empty(archive.scratch / "elsewhere"));
    fs::create_directories(out / "inside");
    fs::create_directory_symlink("inside", out / "alias");
    EXPECT_EQ(write(file("alias/a", 1)), "");
    EXPECT_EQ(write(file("f", 1)), "");
    EXPECT_THAT(write(file("f/a", 1)), HasSubstr("is in the way"));
}

TEST_F(WriteRestored, KeepsOffTheOriginalsAndTheArchive) {
    const auto content = file_bytes(archive.input() / "notes.txt");
    for (const fs::path& folder : {archive.input(), archive.scratch.path(), archive.path(),
                                   archive.input() / "plate/..", archive.input() / ""}) {
        out = folder;
        EXPECT_THAT(write(file("notes.txt", 1), ", overwrite: true"),
                    HasSubstr("give another folder"))
            << folder;
        EXPECT_THAT(write(file("new.txt", 1)), HasSubstr("give another folder")) << folder;
    }
    out = archive.input() / "restored";  // harmless, as long as nothing is replaced
    EXPECT_EQ(write(file("notes.txt", 1)), "");
    EXPECT_THAT(write(file("notes.txt", 1), ", overwrite: true"), HasSubstr("the originals are"));
    EXPECT_EQ(file_bytes(archive.input() / "notes.txt"), content);
    // Where nobody knows the originals, nothing is replaced.
    flip(formats::plan_file(archive.path(), 1), 600);
    out = archive.scratch / "out";
    EXPECT_EQ(write(file("a", 1)), "");
    EXPECT_THAT(write(file("a", 1), ", overwrite: true"), HasSubstr("0001.h5 is damaged"));
}

}  // namespace
