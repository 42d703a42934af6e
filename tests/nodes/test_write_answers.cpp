#include "formats/csv.hpp"
#include "tests/formats/python.hpp"
#include "tests/nodes/search.hpp"

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

nodes::Answers answers(const SmallArchive& archive) {
    nodes::Answers answers;
    answers.query = SmallArchive::frame(2);
    for (const uint64_t id : {uint64_t{2}, uint64_t{0}})
        answers.found.push_back({archive.listed(id), 0.25 * static_cast<double>(2 - id)});
    return answers;
}

/// What one row of answers leaves in the run's folder.
void write(Runner& runner, const SmallArchive& archive) {
    runner.give("answers", answers(archive)).receive();
    runner.node().finish();
}

TEST(WriteAnswers, JoinsWhatIsKnownAndDrawsASheet) {
    const SmallArchive archive;
    const auto csv = archive.scratch / "known.csv";
    formats::publish_text(csv, "image,well,dose\n0.tif,A01,5\nother.tif,B01,1\n");
    Runner runner("write_answers", archive.params(", metadata: " + csv.string() +
                                                  ", key: image, size: 40, print: false"));
    write(runner, archive);
    const auto table = formats::read_csv(runner.folder / "answers.csv");
    EXPECT_THAT(table.columns,
                ElementsAre("query", "rank", "distance", "id", "path", "well", "dose"));
    EXPECT_THAT(table.rows.at(0),
                ElementsAre("a.tif", "1", "0.000000", "2", "plate/2.tif", "", ""));
    EXPECT_THAT(table.rows.at(1),
                ElementsAre("a.tif", "2", "0.500000", "0", "plate/0.tif", "A01", "5"));
    const std::string size = python(runner.folder, R"(
from PIL import Image
sheet = Image.open("answers.png")
print(sheet.size, np.asarray(sheet)[:, :40].std() > 5)
)");
    EXPECT_EQ(size, "(128, 40) True\n");
}

TEST(WriteAnswers, ShowsTheTableAndKeepsGoingWhereAnImageIsDamaged) {
    const SmallArchive archive;
    flip(archive.shard(0), archive.listed(0).entry.data.offset);
    Runner runner("write_answers", archive.params(", file: a.csv, sheet: a.png"));
    testing::internal::CaptureStdout();
    write(runner, archive);
    EXPECT_THAT(testing::internal::GetCapturedStdout(), HasSubstr("plate/0.tif"));
    EXPECT_THAT(runner.warnings, ElementsAre(HasSubstr("plate/0.tif")));
    EXPECT_TRUE(std::filesystem::exists(runner.folder / "a.png"));
    EXPECT_EQ(formats::read_csv(runner.folder / "a.csv").rows.size(), 2u);
}

}  // namespace
