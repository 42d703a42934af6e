#include "tests/nodes/small_archive.hpp"

namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> names(const std::vector<graph::Item>& items) {
    std::vector<std::string> names;
    for (const auto& item : items) names.push_back(item.name);
    return names;
}

/// What each item becomes: "0 plate/0.tif", or "! " and the error; nothing of a file that is whole.
std::vector<std::string> all(Runner& runner) {
    std::vector<std::string> said;
    const size_t count = runner.items().size();
    for (size_t i = 0; i < count; ++i) {
        const std::string error = error_of([&] { runner.receive(); });
        if (!error.empty()) {
            said.push_back("! " + error);
            runner.skip();
        }
        for (const auto& image : runner.take<nodes::StoredImage>("image"))
            said.push_back(std::to_string(image->id) + " " + image->entry.path +
                           (image->shard_is_whole ? " whole" : ""));
    }
    return said;
}

TEST(ListArchive, ListsAllSomeByPathAndSomeByNumber) {
    const SmallArchive archive;
    const auto list = [&](const std::string& more) {
        Runner runner("list_archive", archive.params(more));
        return all(runner);
    };
    EXPECT_THAT(list(""),
                ElementsAre("0 plate/0.tif", "1 plate/1.tif", "2 plate/2.tif", "3 notes.txt"));
    EXPECT_THAT(list(", match: '*[02].tif'"), ElementsAre("0 plate/0.tif", "2 plate/2.tif"));
    EXPECT_THAT(list(", ids: '3,1-2'"),
                ElementsAre("1 plate/1.tif", "2 plate/2.tif", "3 notes.txt"));
    EXPECT_THAT(list(", ids: 0-1, match: '*1*'"), ElementsAre("1 plate/1.tif"));
    EXPECT_THAT(error_of([&] { list(", match: '*.png'"); }), HasSubstr("matches '*.png'"));
    EXPECT_THAT(error_of([&] { list(", ids: 2-4"); }),
                HasSubstr("image 4 was asked for, but there are 4"));
    EXPECT_THAT(error_of([&] { list(", ids: 2-x"); }), HasSubstr("'x' is no whole number"));
    EXPECT_THAT(error_of([] { Runner("list_archive", "{archive: none}"); }),
                HasSubstr("is no archive"));
}

TEST(ListArchive, CarriesWhatTheTableSays) {
    const SmallArchive archive;
    Runner runner("list_archive", archive.params(", ids: 2"));
    EXPECT_THAT(names(runner.items()), ElementsAre("plate/2.tif"));
    const auto image = runner.receive().take<nodes::StoredImage>("image").at(0);
    EXPECT_EQ(image->entry.coding, formats::Coding::jpegxl);
    EXPECT_EQ(image->entry.pages, 2u);
    EXPECT_EQ(image->shard, archive.plans[0].shard_name(1));
    EXPECT_THAT(image->data, IsEmpty());
}

TEST(ListArchive, NamesTheImagesOfAShardThatCannotBeRead) {
    const SmallArchive archive;
    const auto list = [&](const std::string& more = ", strict: false") {
        Runner runner("list_archive", archive.params(more));
        return all(runner);
    };
    fs::remove(formats::index_file(archive.path()));
    fs::rename(archive.shard(0), archive.scratch / "away.h5");
    Runner runner("list_archive", archive.params(", strict: false"));
    EXPECT_THAT(names(runner.items()),
                ElementsAre("plate/0.tif", "plate/1.tif", "plate/2.tif", "notes.txt"));
    const auto listed = list();
    ASSERT_EQ(listed.size(), 4u);
    EXPECT_THAT(listed[0], HasSubstr("! "));
    EXPECT_THAT(listed[1], HasSubstr("are lost here"));
    EXPECT_EQ(listed[3], "3 notes.txt");  // by the number that it always had
    // Without the plan nobody knows what they were, but one is missed all the same.
    fs::rename(archive.scratch / "away.h5", archive.shard(0));
    flip(archive.shard(0), fs::file_size(archive.shard(0)) - 3);
    flip(formats::plan_file(archive.path(), 1), 20);
    EXPECT_EQ(list().size(), 2u);
    const auto strict = list("");
    ASSERT_EQ(strict.size(), 2u + 3);  // the index, the plan and the shard
    EXPECT_THAT(strict[0], HasSubstr("pipeline run finalise"));
    EXPECT_THAT(strict[2], HasSubstr(archive.plans[0].shard_name(0)));
}

TEST(ListArchive, WhatIsWrongIsABadInputOrAWarning) {
    const SmallArchive archive;
    flip(formats::index_file(archive.path()),
         fs::file_size(formats::index_file(archive.path())) - 3);
    Runner lenient("list_archive", archive.params(", strict: false"));
    lenient.start();
    ASSERT_EQ(lenient.warnings.size(), 1u);
    EXPECT_THAT(lenient.warnings[0], HasSubstr("index.h5"));
    EXPECT_EQ(all(lenient).size(), 4u);
    Runner strict("list_archive", archive.params());
    strict.start();
    EXPECT_THAT(strict.warnings, IsEmpty());
    const auto listed = all(strict);
    ASSERT_EQ(listed.size(), 5u);
    EXPECT_THAT(listed[0], HasSubstr("index.h5"));
}

TEST(ListArchive, ListsAPlanThatIsNotFinalisedYet) {
    SmallArchive archive;
    archive.add_plan("more/");
    Runner runner("list_archive", archive.params());
    const auto listed = all(runner);
    ASSERT_EQ(listed.size(), 9u);
    EXPECT_THAT(listed[0], HasSubstr("is not in the index yet"));
    EXPECT_EQ(listed[5], "4 more/plate/0.tif");
}

TEST(ListArchive, ChecksEveryFileIfAsked) {
    const SmallArchive archive;
    const auto list = [&] {
        Runner runner("list_archive", archive.params(", check_files: true"));
        return all(runner);
    };
    EXPECT_THAT(list(), ElementsAre("0 plate/0.tif whole", "1 plate/1.tif whole",
                                    "2 plate/2.tif whole", "3 notes.txt whole"));
    const std::string model = archive.plans[0].model;
    const std::vector<fs::path> files{
        formats::index_file(archive.path()), archive.path() / "SHA256SUMS",
        formats::plan_file(archive.path(), 1), formats::model_file(archive.path(), model),
        formats::model_file(archive.path(), model + "_copy")};
    for (const fs::path& file : files) {
        flip(file, 700 % fs::file_size(file));
        const auto listed = list();
        EXPECT_GE(listed.size(), 5u) << file;
        EXPECT_THAT(listed[0], HasSubstr(file.filename().string()));
        flip(file, 700 % fs::file_size(file));
        fs::rename(file, archive.scratch / "away");
        EXPECT_THAT(list(), ::testing::Contains(HasSubstr(file.string() + ": is missing")));
        fs::rename(archive.scratch / "away", file);
    }
    flip(archive.shard(0), 700);  // HDF5's, and no image's
    EXPECT_THAT(list(), ElementsAre(HasSubstr("pipeline run archive"), "0 plate/0.tif",
                                    "1 plate/1.tif", "2 plate/2.tif whole", "3 notes.txt whole"));
    flip(archive.shard(0), 700);
    fs::copy_file(archive.shard(0), archive.path() / "shards" / "0009-000000-aa.h5");
    EXPECT_THAT(list(), ::testing::Contains(HasSubstr("is not in SHA256SUMS")));
    fs::remove(archive.path() / "shards" / "0009-000000-aa.h5");
    formats::publish_text(archive.path() / "README", "mine");
    Runner runner("list_archive", archive.params(", check_files: true"));
    runner.start();
    ASSERT_EQ(runner.warnings.size(), 1u);
    EXPECT_THAT(runner.warnings[0], HasSubstr("README: is no file of an archive"));
}

}  // namespace
