// Small files, read and replaced as a whole.
#include "graph/text_file.hpp"

#include <filesystem>
#include <system_error>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

namespace fs = std::filesystem;

class TextFile : public testing::TestWithParam<void (*)(const fs::path&, const std::string&)> {
  protected:
    void SetUp() override { fs::create_directory(folder_); }
    void TearDown() override { fs::remove_all(folder_); }

    std::vector<std::string> names() const {
        std::vector<std::string> found;
        for (const auto& entry : fs::directory_iterator(folder_))
            found.push_back(entry.path().filename());
        return found;
    }

    const fs::path folder_ = fs::temp_directory_path() / fmt::format("text_file.{}", ::getpid());
    const fs::path file_ = folder_ / "a.json";
    const fs::path temporary_ = folder_ / fmt::format(".a.json.{}", ::getpid());
};

TEST_P(TextFile, IsReplacedAndReadWhole) {
    const std::string text(200'000, 'x');
    for (const std::string& content :
         {std::string("first"), text, std::string(), std::string("a\0b\n", 4)}) {
        GetParam()(file_, content);
        EXPECT_EQ(graph::read_text_file(file_), content);
    }
    GetParam()(file_, text);
    EXPECT_EQ(graph::read_text_file(file_, 10), text.substr(0, 10));
    EXPECT_THAT(names(), testing::ElementsAre("a.json"));
}

TEST_P(TextFile, WhatCannotBeReplacedLeavesNothing) {
    fs::create_directories(file_ / "a folder");
    EXPECT_THROW(GetParam()(file_, "text"), std::system_error);
    EXPECT_THAT(names(), testing::ElementsAre("a.json"));
    EXPECT_THROW(GetParam()(folder_ / "none" / "a.json", "text"), std::system_error);
    EXPECT_TRUE(fs::is_directory(file_ / "a folder"));
}

TEST_P(TextFile, FollowsNoLinkThatLiesInItsWay) {
    GetParam()(folder_ / "other", "of somebody");
    fs::create_symlink(folder_ / "other", temporary_);
    GetParam()(file_, "text");
    EXPECT_EQ(graph::read_text_file(folder_ / "other"), "of somebody");
    EXPECT_EQ(graph::read_text_file(file_), "text");
    EXPECT_FALSE(fs::is_symlink(file_));
}

TEST_P(TextFile, LeavesDevicesAndPipesAlone) {
    ASSERT_EQ(::mkfifo(file_.c_str(), 0600), 0);
    EXPECT_THROW(GetParam()(file_, "text"), std::system_error);
    EXPECT_TRUE(fs::is_fifo(file_));
    EXPECT_THAT(names(), testing::ElementsAre("a.json"));
}

INSTANTIATE_TEST_SUITE_P(Both, TextFile,
                         testing::Values(graph::replace_file, graph::replace_file_durably));

TEST(ReadTextFile, WhatCannotBeReadIsNamed) {
    const fs::path none = fs::temp_directory_path() / "no such file";
    try {
        graph::read_text_file(none);
        FAIL();
    } catch (const std::system_error& error) {
        EXPECT_EQ(error.code().value(), ENOENT);
        EXPECT_THAT(error.what(), testing::HasSubstr(none.string()));
    }
}

}  // namespace
