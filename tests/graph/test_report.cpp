// Reports: what a page must hold, whatever stands in a run's folder.
#include "graph/command.hpp"
#include "graph/engine.hpp"
#include "graph/report/html.hpp"
#include "graph/report/report.hpp"
#include "tests/graph/pipeline_files.hpp"

#include <sstream>

namespace {

using namespace graph;
using namespace graph::report;
using namespace std::string_literals;
using ::testing::HasSubstr;
using ::testing::Not;

class ReportTest : public toy::PipelineFiles {
  protected:
    /// The folder of a run of two nodes that is said to have ended.
    std::filesystem::path make_run(const std::string& name, const std::string& nodes = {}) {
        std::filesystem::create_directories(folder_ / name);
        write(name + "/resolved.yaml",
              "version: 1\nname: toy\nrun: {seed: 7}\nnodes:\n" +
                  (nodes.empty() ? "  a: {op: count, with: {count: 9}}\n  b: {op: record, in: a}\n"s
                                 : nodes));
        write(name + "/run.json", R"({"exit_code": 0, "message": "done", "quarantined": []})");
        return folder_ / name;
    }
    static size_t count(const std::string& text, const std::string& what) {
        size_t found = 0;
        for (size_t at = text.find(what); at != text.npos; at = text.find(what, at + 1)) ++found;
        return found;
    }
};

TEST(Html, EscapesAnything) {
    EXPECT_EQ(escape("<a href=\"x\">'&'</a>"),
              "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
    EXPECT_EQ(escape("caf\xC3\xA9"), "caf\xC3\xA9");
    EXPECT_EQ(escape("caf\xE9 \x01\xFF"), "caf\xEF\xBF\xBD \xEF\xBF\xBD\xEF\xBF\xBD");
    EXPECT_EQ(escape("\0"s), "\xEF\xBF\xBD");
    EXPECT_EQ(escape("a\xC3"), "a\xEF\xBF\xBD");
    EXPECT_EQ(relative_url("a b<\">:\xFF.png"), "./a%20b%3C%22%3E%3A%FF.png");
    EXPECT_EQ(data_url("image/png", "ab\xFF"), "data:image/png;base64,YWL/");
}

TEST(Html, WritesNumbersToBeRead) {
    EXPECT_EQ(whole_number(0), "0");
    EXPECT_EQ(whole_number(999), "999");
    EXPECT_EQ(whole_number(1234567), "1,234,567");
    EXPECT_EQ(duration(0.4234), "0.42 s");
    EXPECT_EQ(duration(59.96), "60.0 s");
    EXPECT_EQ(duration(185), "3 min 5 s");
    EXPECT_EQ(duration(7800), "2 h 10 min");
    EXPECT_EQ(byte_size(999), "999 B");
    EXPECT_EQ(byte_size(1'234'567), "1.23 MB");
    EXPECT_EQ(byte_size(999'999), "1 MB");
    EXPECT_EQ(short_number(0.000123456), "0.0001235");
}

TEST_F(ReportTest, IsWrittenWhenARunEnds) {
    const std::string out = (folder_ / "run").string();
    const auto pipeline =
        write("p.yaml", "version: 1\nname: mine\nrun: {out: " + out +
                            ", quarantine_limit: 9}\nnodes:\n"
                            "  a: {op: count, with: {count: 12, split: {train: 8, "
                            "test: 4}}}\n"
                            "  c: {op: double, in: a, with: {fail: [3]}}\n"
                            "  b: {op: record, in: c}\n");
    const std::array argv = {"pipeline", "run", pipeline.c_str(), "--quiet"};
    ::testing::internal::CaptureStdout();
    EXPECT_EQ(command(argv.size(), argv.data()), exit_done);
    ::testing::internal::GetCapturedStdout();
    std::ostringstream page;
    page << std::ifstream(folder_ / "run/report.html").rdbuf();
    EXPECT_EQ(page.str(), run_report(folder_ / "run"));  // the folder alone tells all
    EXPECT_THAT(page.str(), HasSubstr("<h1>mine</h1>"));
    EXPECT_THAT(page.str(), HasSubstr("done; 1 bad inputs were set aside"));
    EXPECT_THAT(page.str(), HasSubstr("12 items"));
    EXPECT_THAT(page.str(), HasSubstr("train 8"));
    EXPECT_THAT(page.str(), HasSubstr("<td>n3</td><td>c</td><td><div class=reason>bad number 3<"));
    EXPECT_THAT(page.str(), HasSubstr("aria-label=\"the graph: 3 nodes\""));
    EXPECT_THAT(page.str(), HasSubstr("number per item"));
}

TEST_F(ReportTest, IsWrittenWhenARunFails) {
    const auto pipeline =
        write("p.yaml", "version: 1\nrun: {out: " + (folder_ / "run").string() +
                            "}\nnodes:\n  a: {op: count}\n"
                            "  c: {op: double, in: a, with: {fail: [3]}, on_error: "
                            "abort}\n  b: {op: record, in: c}\n");
    const std::array argv = {"pipeline", "run", pipeline.c_str(), "--quiet"};
    EXPECT_THROW(command(argv.size(), argv.data()), std::runtime_error);
    std::ostringstream page;
    page << std::ifstream(folder_ / "run/report.html").rdbuf();
    EXPECT_THAT(page.str(), HasSubstr("bad number 3"));
    EXPECT_THAT(page.str(), HasSubstr("(exit code 70)"));
}

TEST_F(ReportTest, EscapesWhatFilesHold) {
    const auto run = make_run("<i>run</i>", "  '<b>\"&': {op: '<script>alert(1)</script>'}\n");
    write("<i>run</i>/run.json",
          "{\"exit_code\": 65, \"message\": \"<u>\", \"host\": \"<s>\", \"quarantined\": "
          "[\"node: a<b>.tif: 5 < 6 & \\\"7\\\"\", \"\xFF\", 7]}");
    write("<i>run</i>/metrics.csv",
          "epoch,model,split,metric,value\n1,<m>,train,<l>,1\n"
          "2,<m>,train,<l>,2\n2,\xFFx,te\"st,q,nan\n");
    write("<i>run</i>/other.csv", "<col>,\"a,\"\"b\"\"\"\n<x>,\xFF\n");
    write("<i>run</i>/fake.png", "<script>");
    const std::string page = run_report(run);
    for (const char* markup :
         {"<script", "<b>\"", "<u>", "<s>", "<m>", "<l>", "<col>", "<x>", "<i>"})
        EXPECT_THAT(page, Not(HasSubstr(markup)));
    EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;"));
    EXPECT_THAT(page, HasSubstr("&lt;col&gt;</th><th>a,&quot;b&quot;"));
    EXPECT_EQ(page.find('\xFF'), page.npos);
}

TEST_F(ReportTest, DrawsWhatIsNoLongerValid) {
    const std::string page =
        run_report(make_run("old",
                            "  b: {op: gone, in: {x: a.first, y: [a, nowhere]}}\n  a: {op: lost}\n"
                            "  c: {op: cycle, in: d}\n  d: {op: cycle, in: c}\n"));
    EXPECT_THAT(page, HasSubstr("the graph: 2 nodes"));
    EXPECT_EQ(count(page, "<path class=\"link"), 2);
}

TEST_F(ReportTest, TellsOfRunsWithoutAnEnd) {
    const auto run = make_run("killed");
    std::filesystem::remove(run / "run.json");
    EXPECT_THAT(run_report(run), HasSubstr("not at its end: it was killed, or failed"));
    write("killed/run.json", "{\"exit_code\": \"x\", \"profile\": 5, \"quarantined\": {\"a\": 1}");
    EXPECT_THAT(run_report(run), HasSubstr("not at its end"));
    write("killed/run.json",
          "{\"exit_code\": 70, \"message\": \"incomplete: b\", \"profile\": 5, "
          "\"counts\": [1], \"data\": {\"x\": 4}, \"threads\": \"many\"}");
    EXPECT_THAT(run_report(run), HasSubstr("incomplete: b (exit code 70)"));
    EXPECT_THROW(run_report(folder_), ConfigurationError);
}

TEST_F(ReportTest, ShowsTheProfile) {
    const auto run = make_run("timed");
    write("timed/run.json", R"({"exit_code": 0, "message": "done", "seconds": 75.2, "host": "node7",
        "threads": 4, "version": "0.1.0", "started": "2026-11-26T14:15:00.123Z",
        "bottleneck": "'b' is busy all the time; give it more threads.",
        "profile": [{"id": "b", "op": "record", "values": 1234, "failed": 1, "busy_seconds": 3,
          "starved_seconds": 1, "blocked_seconds": 0, "queue_mean": 1.25, "queue_most": 7},
          {"id": "a", "values": 9}]})");
    const std::string page = run_report(run);
    EXPECT_THAT(page, HasSubstr("Bottleneck: &#39;b&#39; is busy all the time"));
    EXPECT_THAT(page, HasSubstr("1 min 15 s"));
    EXPECT_THAT(page, HasSubstr("2026-11-26 14:15:00 UTC"));
    EXPECT_THAT(page, HasSubstr("<i class=busy style=\"width:75.0%\">"));
    EXPECT_THAT(page, HasSubstr("1,234"));
    EXPECT_LT(page.find("<td>a</td>"), page.find("<td>b</td>"));  // as in the graph
}

TEST_F(ReportTest, StaysSmall) {
    const auto run = make_run("large");
    std::string csv = "epoch,model,split,metric,value\n", bad;
    for (int epoch = 1; epoch <= 1000; ++epoch)
        for (int metric = 0; metric < 20; ++metric)
            for (const char* split : {"train", "test"})
                csv += fmt::format("{},model,{},metric_{},{}\n", epoch, split, metric,
                                   1.0 / epoch + 0.001 * ((epoch * 7919 + metric) % 97));
    for (int i = 0; i < 10'000; ++i)
        bad += fmt::format("{}\"read: /data/image_{}.tif: not a TIFF\"", i ? "," : "", i);
    write("large/metrics.csv", csv);
    write("large/run.json",
          "{\"exit_code\": 65, \"message\": \"x\", \"quarantined\": [" + bad + "]}");
    const std::string page = run_report(run);
    EXPECT_LT(page.size(), 500'000);
    EXPECT_EQ(count(page, "<polyline"), 40);
    EXPECT_THAT(page, HasSubstr("The first 200 of 10,000"));
    EXPECT_EQ(count(page, "not a TIFF"), 200);
}

TEST_F(ReportTest, ComparesRuns) {
    const auto run = [&](const char* name, int count, double last) {
        const auto folder = make_run(name, fmt::format("  a: {{op: count, with: {{count: {}}}}}\n"
                                                       "  b: {{op: record, in: a}}\n",
                                                       count));
        write(name + "/metrics.csv"s,
              fmt::format("epoch,model,split,metric,value\n1,m,test,psnr,20\n2,m,test,psnr,{}\n"
                          "1,m,train,odd,1\n2,m,train,odd,{}\n",
                          last, last));
        return folder;
    };
    const std::string page =
        comparison({run("one", 5, 24.5), run("two", 6, 23), run("three", 5, 22)});
    EXPECT_THAT(page, HasSubstr("<td>nodes.a.with.count</td><td>5</td><td>6</td><td>5</td>"));
    EXPECT_THAT(page, Not(HasSubstr("<td>nodes.a.op</td>")));
    EXPECT_THAT(page, HasSubstr("<b title=best>24.5</b>"));
    EXPECT_EQ(count(page, "title=best"), 1);  // nobody knows which `odd` is better
    EXPECT_EQ(count(page, "<polyline"), 6);
    // An option that is set to what it is without being set is none that differs.
    const auto set = make_run("set",
                              "  a: {op: count, with: {count: 5, group: 1}}\n"
                              "  b: {op: record, in: a}\n");
    const auto other = make_run("other",
                                "  a: {op: count, with: {count: 5, group: 2}}\n"
                                "  b: {op: record, in: a}\n");
    const auto one = run("one", 5, 1);
    EXPECT_THAT(comparison({one, set}), HasSubstr("All settings are the same"));
    EXPECT_THAT(comparison({one, other}),
                HasSubstr("<td>nodes.a.with.group</td><td>1 <span class=note>default</span></td>"
                          "<td>2</td>"));
    EXPECT_THAT(comparison({run("one", 5, 1), run("two", 5, 1)}),
                HasSubstr("All settings are the same"));
}

TEST_F(ReportTest, IsACommand) {
    const auto a = make_run("a").string(), b = make_run("b").string(),
               c = (folder_ / "c.html").string();
    const auto report = [](std::vector<const char*> arguments) {
        arguments.insert(arguments.begin(), {"pipeline", "report"});
        ::testing::internal::CaptureStdout();
        const int code = command(static_cast<int>(arguments.size()), arguments.data());
        std::fflush(stdout);
        return std::pair(code, ::testing::internal::GetCapturedStdout());
    };
    EXPECT_EQ(report({a.c_str()}), std::pair(0, a + "/report.html\n"));
    EXPECT_TRUE(std::filesystem::exists(a + "/report.html"));
    EXPECT_EQ(report({a.c_str(), b.c_str(), "--output", c.c_str()}), std::pair(0, c + "\n"));
    EXPECT_TRUE(std::filesystem::exists(c));
    // Runs of one name stay apart.
    for (const char* run : {"x/same", "y/same"}) {
        make_run(run);
        write(run + "/metrics.csv"s, "epoch,model,split,metric,value\n1,m,train,loss,1\n");
    }
    const auto x = (folder_ / "x/same/").string(), y = (folder_ / "y/same").string();
    const auto events = (folder_ / "events").string();
    EXPECT_EQ(report({x.c_str(), y.c_str(), "-o", c.c_str(), "--tensorboard", events.c_str()}),
              std::pair(0, c + "\n" + events + "\n"));
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(events), {}), 2);
    EXPECT_THROW(run_report(folder_), ConfigurationError);
}

}  // namespace
