// Rows of a user's CSV find their images, and what does not fit is told.
#include "formats/error.hpp"
#include "formats/metadata.hpp"
#include "tests/formats/scratch.hpp"

#include <gmock/gmock.h>

namespace {

using formats::FormatError;
using formats::Metadata;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Optional;

Metadata read(const std::string& text, const std::string& key = "") {
    return {formats::parse_csv(text, "wells.csv"), "wells.csv", key};
}

std::string refusal(const std::string& text, const std::string& key = "") {
    try {
        read(text, key);
    } catch (const FormatError& error) {
        return error.what();
    }
    return "";
}

TEST(Metadata, FindsRowsByPathOrFile) {
    const auto metadata = read("well,file,dose\nA01,a.tif,0.5\nA02,b.tif,\"1,5\"\n");
    EXPECT_THAT(metadata.columns(), ElementsAre("well", "dose"));
    ASSERT_EQ(metadata.rows(), 2U);
    EXPECT_THAT(metadata.fields(1), ElementsAre("A02", "1,5"));
    EXPECT_THAT(metadata.row_of("plates/1/b.tif"), Optional(1U));
    EXPECT_THAT(metadata.row_of("a.tif"), Optional(0U));
    EXPECT_EQ(metadata.row_of("aa.tif"), std::nullopt);
    EXPECT_EQ(metadata.row_of("a.tif/b"), std::nullopt);
    EXPECT_EQ(metadata.key(0), "a.tif");
}

TEST(Metadata, PrefersPathToFileAndTheColumnThatIsNamed) {
    const std::string text = "file,path,image\nx.tif,y.tif,z.tif\n";
    EXPECT_THAT(read(text).row_of("y.tif"), Optional(0U));
    EXPECT_EQ(read(text).row_of("x.tif"), std::nullopt);
    EXPECT_THAT(read(text, "image").row_of("z.tif"), Optional(0U));
    EXPECT_THAT(read(text, "image").columns(), ElementsAre("file", "path"));
}

TEST(Metadata, TakesTheRowThatNamesMostOfThePath) {
    const auto metadata = read("path,n\nc.tif,1\nb/c.tif,2\n./d//c.tif,3\n/data/e/c.tif,4\n");
    EXPECT_THAT(metadata.row_of("a/b/c.tif"), Optional(1U));
    EXPECT_THAT(metadata.row_of("b/../b/c.tif"), Optional(1U));
    EXPECT_THAT(metadata.row_of("x/d/c.tif"), Optional(2U));
    EXPECT_THAT(metadata.row_of("/data/e/c.tif"), Optional(3U));
    EXPECT_THAT(metadata.row_of("e/c.tif"), Optional(0U));
}

TEST(Metadata, RefusesRowsOfOneNameAndOfNone) {
    EXPECT_THAT(refusal("path,n\na.tif,1\nb.tif,2\n./a.tif,3\n"),
                HasSubstr("wells.csv: rows 1 and 3 are both of 'a.tif'"));
    EXPECT_THAT(refusal("path,n\n,1\n"), HasSubstr("row 1 names no image"));
    EXPECT_THAT(refusal("well,n\nA,1\n"), HasSubstr("no column 'path' or 'file'"));
    EXPECT_THAT(refusal("well,n\nA,1\n", "image"), HasSubstr("no column 'image'"));
}

TEST(Metadata, TellsWhatDoesNotFit) {
    const auto metadata = read("file,n\na.tif,1\nb.tif,2\nc.tif,3\n");
    const auto found = match(metadata, {"p1/a.tif", "p2/a.tif", "p1/c.tif", "p1/d.tif"});
    EXPECT_THAT(found.rows, ElementsAre(Optional(0U), Optional(0U), Optional(2U), std::nullopt));
    EXPECT_THAT(found.unused, ElementsAre(1U));
    EXPECT_THAT(found.shared, ElementsAre(0U));
}

TEST(Metadata, ReadsAFile) {
    const Scratch folder;
    formats::publish_text(folder / "m.csv", "\xEF\xBB\xBFpath,dose\r\na.tif,2\r\n");
    EXPECT_THAT(Metadata(folder / "m.csv").fields(0), ElementsAre("2"));
    EXPECT_THROW(Metadata(folder / "none.csv"), formats::IoError);
}

}  // namespace
