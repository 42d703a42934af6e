// The parts of a report by themselves: curves, charts, CSV, event files.
#include "graph/report/chart.hpp"
#include "graph/report/csv_text.hpp"
#include "graph/report/event_file.hpp"
#include "graph/report/figures.hpp"
#include "graph/report/scatter.hpp"
#include "graph/report/sketch.hpp"

#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace {

using namespace graph::report;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using Points = std::vector<std::pair<double, double>>;

TEST(CsvText, ReadsWhatItCan) {
    const CsvText table =
        parse_csv_text("a,\"b,c\"\r\n1,\"x\"\"y\"\r\ntoo,many,fields\n,\n2,\"end");
    EXPECT_THAT(table.columns, ElementsAre("a", "b,c"));
    EXPECT_THAT(table.rows, ElementsAre(ElementsAre("1", "x\"y"), ElementsAre("", ""),
                                        ElementsAre("2", "end")));
    EXPECT_TRUE(parse_csv_text("").columns.empty());
}

TEST(Figures, AreCurvesInOrder) {
    const auto curves = read_curves(
        "epoch,model,split,metric,value\n2,m,test,mse,0.2\n10,m,test,mse,0.1\n1,m,test,mse,0.4\n"
        "1,m,train,mse,inf\n1,m,train,loss,three\nx,m,train,loss,3\n");
    ASSERT_EQ(curves.size(), 2);
    EXPECT_EQ(curves[0].split, "train");
    EXPECT_TRUE(std::isinf(curves[0].last()));
    EXPECT_EQ(curves[1].points, (Points{{1, 0.4}, {2, 0.2}, {10, 0.1}}));
    EXPECT_EQ(best(curves[1]), std::pair(10.0, 0.1));
    EXPECT_TRUE(read_curves("epoch,model,value\n1,m,2\n").empty());
    EXPECT_EQ(best({"m", "test", "psnr", {{1, 20}, {2, 30}, {3, std::nan("")}}}),
              std::pair(2.0, 30.0));
    EXPECT_EQ(best({"m", "test", "discriminator", {{1, 20}}}), std::nullopt);
}

TEST(Figures, AreThinnedWithTheirSpikes) {
    Points points;
    for (int i = 0; i < 10'000; ++i) points.emplace_back(i, i == 5432 ? 99 : std::sin(i));
    points[77].second = std::numeric_limits<double>::quiet_NaN();
    const Points kept = thin(points, 200);
    EXPECT_LE(kept.size(), 202);
    EXPECT_GE(kept.size(), 150);
    EXPECT_EQ(kept.front(), points.front());
    EXPECT_EQ(kept.back(), points.back());
    EXPECT_TRUE(std::is_sorted(kept.begin(), kept.end()));
    EXPECT_THAT(kept, ::testing::Contains(std::pair(5432.0, 99.0)));
    EXPECT_EQ(thin({{1, 2}, {2, std::nan("")}, {3, 4}}, 10), (Points{{1, 2}, {3, 4}}));
    EXPECT_TRUE(thin({}, 10).empty());
}

TEST(Chart, HasALogarithmicAxisWhereItHelps) {
    EXPECT_THAT(to_html(Chart{"mse", "", {{"train", {{1, 0.1}, {2, 0.001}}}}}),
                HasSubstr("log scale"));
    EXPECT_THAT(to_html(Chart{"psnr", "", {{"train", {{1, 20}, {2, 30}}}}}),
                Not(HasSubstr("log scale")));
    EXPECT_THAT(to_html(Chart{"loss", "", {{"train", {{1, -1}, {2, 300}}}}}),
                Not(HasSubstr("log scale")));
}

TEST(Chart, StaysWithinItsFrame) {
    const double nan = std::nan(""), infinity = std::numeric_limits<double>::infinity();
    EXPECT_EQ(to_html(Chart{"mse", "", {{"train", {{1, 0.1}}}}}), "");  // a point is no curve
    EXPECT_EQ(to_html(Chart{"mse", "", {{"train", {{1, nan}, {2, infinity}}}}}), "");
    EXPECT_EQ(to_html(Chart{"mse", "", {}}), "");
    EXPECT_EQ(to_html(Chart{"mse", "", {{"train", {{1, -1.7e308}, {2, 1.7e308}}}}}), "");
    EXPECT_EQ(to_html(Chart{"bits", "", {{"train", {{1, 4}, {2, 4 + 1e-12}}}}}), "");
    for (const Points& points :
         {Points{{1, 1e-300}, {9, 1e300}}, Points{{1, -1e300}, {9, 1e300}},
          Points{{1, nan}, {2, 5}, {3, infinity}, {4, 6}}, Points{{1, 1e-12}, {2, 1}}}) {
        const std::string chart = to_html(Chart{"mse", "", {{"train", points}}});
        EXPECT_THAT(chart, HasSubstr("<polyline"));
        EXPECT_THAT(chart.substr(chart.find("<polyline")), Not(HasSubstr("nan")));
        EXPECT_THAT(chart, Not(HasSubstr("-nan")));
        EXPECT_LT(chart.size(), 6000);
    }
}

TEST(Scatter, HasALogarithmicAxisForSettingsThatSpanDecades) {
    const auto with = [](std::vector<const char*> values) {
        Scatter scatter{"rate", "mse", {}};
        for (const char* value : values)
            scatter.points.push_back({value, 0.1 + 0.01 * double(scatter.points.size())});
        return to_html(scatter);
    };
    EXPECT_THAT(with({"0.001", "0.01"}), HasSubstr("rate, log scale"));
    EXPECT_THAT(with({"1e-3", "0.001", "0.01"}), HasSubstr(">0.01</text>"));
    EXPECT_THAT(with({"0.001", "0.002"}), Not(HasSubstr("log scale")));
    EXPECT_THAT(with({"0", "0.1"}), Not(HasSubstr("log scale")));
    EXPECT_THAT(with({"adam", "sgd"}), HasSubstr(">adam</text>"));
    // Names that have no room stand in a key.
    EXPECT_THAT(with({"{a: [1, 2, 3]}", "{a: [1, 2, 4]}", "{a: [1, 2, 5]}", "{a: [1, 2, <6>]}"}),
                HasSubstr("<li><b>D</b> {a: [1, 2, &lt;6&gt;]}</li>"));
    EXPECT_EQ(with({"0.001"}), "");
    EXPECT_EQ(with({"0.1", "1e-1"}), "");  // one value, written twice
    EXPECT_EQ(with({}), "");
}

TEST(Scatter, LeavesOutWhatIsNoNumber) {
    const double nan = std::nan("");
    EXPECT_EQ(to_html(Scatter{"a", "mse", {{"1", nan}, {"2", 1}}}), "");
    const std::string chart = to_html(Scatter{"a", "mse", {{"1", nan}, {"2", 1}, {"nan", 3}}});
    EXPECT_THAT(chart, HasSubstr(">nan</text>"));  // a value that has its place, as any text
    EXPECT_THAT(chart.substr(chart.find("<circle")), Not(HasSubstr("\"nan")));
    EXPECT_EQ(to_html(Scatter{"a", "mse", {{"1", 2}, {"2", 2}}}), "");
}

TEST(Sketch, GivesEveryLinkALane) {
    Sketch sketch;
    sketch.nodes = {{"source", "op", "image", {}},
                    {"a", "op", "", {{0, "image", "image"}}},
                    {"b", "op", "", {{0, "image", "image"}, {1, "", ""}}},
                    {"c", "op", "", {{1, "", ""}, {2, "x", "x"}, {2, "y", "y"}}}};
    const std::string svg = to_svg(sketch);
    size_t links = 0;
    for (size_t at = svg.find("<path"); at != svg.npos; at = svg.find("<path", at + 1)) ++links;
    EXPECT_EQ(links, 6);
    EXPECT_THAT(svg, HasSubstr("height=168"));
    EXPECT_EQ(to_svg({}), "");
}

// The bytes are those that TensorBoard 2.21 writes of the same events.
TEST(EventFile, IsWhatTensorBoardWrites) {
    const std::string png("\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR\0\0\x02\x80\0\0\0\x03", 24);
    EventFile events(1.5);
    events.add_scalar("mse", 300, 2.25, 0.1);
    events.add_png("sheet", 300, 2.25, png);
    events.add_png("none", 300, 2.25, "");
    std::string hexadecimal;
    for (const unsigned char byte : events.bytes()) hexadecimal += fmt::format("{:02x}", byte);
    EXPECT_EQ(hexadecimal,
              "1800000000000000a37f4b2209000000000000f83f1a0d627261696e2e4576656e743a322a28646c"
              "1a00000000000000129bd82d09000000000000024010ac022a0c0a0a0a036d736515cdcccc3d7871"
              "6b163a000000000000001295eae209000000000000024010ac022a2c0a2a0a057368656574222108"
              "031080051803221889504e470d0a1a0a0000000d4948445200000280000000039159eb04");
}

}  // namespace
