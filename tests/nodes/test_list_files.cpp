#include "tests/nodes/runner.hpp"

#include <fstream>

namespace {

using nodes::File;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ListFiles : public ::testing::Test {
  protected:
    void touch(const std::string& name) {
        const auto file = folder_ / name;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file) << "x";
    }
    std::string with(const std::string& more = "") const {
        return "{path: " + folder_.path().string() + more + "}";
    }
    std::vector<std::string> names(const std::string& more = "") {
        std::vector<std::string> list;
        for (const auto& item : Runner("list_files", with(more)).items())
            list.push_back(std::filesystem::path(item.name).lexically_relative(folder_.path()));
        return list;
    }
    std::vector<std::string> groups(const std::string& more = "") {
        std::vector<std::string> list;
        for (const auto& item : Runner("list_files", with(more)).items())
            list.push_back(item.group);
        return list;
    }
    Scratch folder_;
};

TEST_F(ListFiles, SortsByNameAndTakesWhatMatches) {
    for (const char* name : {"b.tif", "a.TIFF", "c.png", "d.Tif", ".hidden.tif", "sub/e.tif"})
        touch(name);
    EXPECT_THAT(names(), ElementsAre("a.TIFF", "b.tif", "d.Tif"));
    EXPECT_THAT(names(", pattern: '*.PNG'"), ElementsAre("c.png"));
    EXPECT_THAT(names(", recursive: true"), ElementsAre("a.TIFF", "b.tif", "d.Tif", "sub/e.tif"));
    EXPECT_THAT(names(", limit: 2"), ElementsAre("a.TIFF", "b.tif"));
}

TEST_F(ListFiles, FollowsNoLinkInCircles) {
    touch("a/b.tif");
    std::filesystem::create_directory_symlink("..", folder_ / "a/up.tif");
    std::filesystem::create_directory_symlink(folder_.path(), folder_ / "a/all");
    std::filesystem::create_symlink("itself.tif", folder_ / "a/itself.tif");
    std::filesystem::create_symlink("nowhere", folder_ / "a/broken.tif");
    EXPECT_THAT(names(", recursive: true"), ElementsAre("a/b.tif"));
}

TEST_F(ListFiles, TakesMoreFoldersAndLeavesOutWhatItIsTold) {
    for (const char* name : {"b.tif", "a.tif", "z/0.tif", "z/d.tif"}) touch(name);
    const std::string more = ", more: [" + (folder_ / "z").string() + "]";
    EXPECT_THAT(names(more), ElementsAre("a.tif", "b.tif", "z/0.tif", "z/d.tif"));
    EXPECT_THAT(groups(more), ElementsAre("a.tif", "b.tif", "z/0.tif", "z/d.tif"));
    EXPECT_THAT(names(more + ", except: [b.tif, '0*']"), ElementsAre("a.tif", "z/d.tif"));
    EXPECT_THAT(names(more + ", only: ['?.TIF'], except: [a.tif]"),
                ElementsAre("b.tif", "z/0.tif", "z/d.tif"));
    EXPECT_THAT(error_of([&] { names(", except: [c.tif]"); }),
                HasSubstr("no file matches 'c.tif' of 'only' or 'except'"));
    EXPECT_THAT(error_of([&] { names(", only: [a.tif], except: [a.tif]"); }),
                HasSubstr("leave no file"));
}

TEST_F(ListFiles, GroupsByTheFirstCapture) {
    for (const char* name : {"x_O01f00.tif", "x_O01f01.tif", "x_O02f00.tif", "other.tif"})
        touch(name);
    EXPECT_THAT(groups(", group: 'O(\\d\\d)f'"), ElementsAre("other.tif", "01", "01", "02"));
    EXPECT_THAT(groups(", group: 'O\\d\\d'"), ElementsAre("other.tif", "O01", "O01", "O02"));
    EXPECT_THAT(groups(), ElementsAre("other.tif", "x_O01f00.tif", "x_O01f01.tif", "x_O02f00.tif"));
}

TEST_F(ListFiles, GroupsOfFilesInFoldersDoNotDependOnWhereTheFolderIs) {
    touch("one/a.tif");
    touch("two/a.tif");
    EXPECT_THAT(groups(", recursive: true"), ElementsAre("one/a.tif", "two/a.tif"));
}

TEST_F(ListFiles, TakesAnyName) {
    const std::string odd = "sp ace\nline\xff.tif";
    touch(odd);
    Runner runner("list_files", with());
    ASSERT_EQ(runner.items().size(), 1u);
    runner.receive();
    const auto files = runner.take<File>("file");
    EXPECT_EQ(files.at(0)->path, (folder_ / odd).string());
    EXPECT_EQ(files.at(0)->split, "all");
    EXPECT_TRUE(std::filesystem::exists(files.at(0)->path));
}

TEST_F(ListFiles, TakesASingleFile) {
    touch("only.dat");
    Runner runner("list_files", "{path: " + (folder_ / "only.dat").string() + "}");
    const auto items = runner.items();
    ASSERT_EQ(items.size(), 1u);
    EXPECT_EQ(items[0].group, "only.dat");
}

TEST_F(ListFiles, SaysWhatIsMissing) {
    EXPECT_THAT(error_of([&] { names(); }), HasSubstr("matches '*.tif*'"));
    EXPECT_THAT(error_of([&] { Runner("list_files", "{path: /nowhere}").items(); }),
                HasSubstr("there is no file or folder /nowhere"));
    EXPECT_THAT(error_of([&] { Runner("list_files", with(", group: '('")); }),
                HasSubstr("'group' is not a regular expression: ("));
    EXPECT_THAT(error_of([&] { Runner("list_files"); }), HasSubstr("'path'"));
}

}  // namespace
