// What a run shows of itself: the profile and run.json, the status file while it goes on, the trace
// and the metrics.
#include "graph/engine.hpp"
#include "graph/run_json.hpp"
#include "graph/status_file.hpp"
#include "graph/time_text.hpp"
#include "tests/graph/pipeline_files.hpp"

#include <future>
#include <set>
#include <thread>

#include <nlohmann/json.hpp>

namespace {

using namespace graph;
using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ObserverTest : public toy::PipelineFiles {
  protected:
    RunResult run(const std::string& nodes, RunOptions options = {},
                  const std::string& settings = "max_in_flight: 4, threads: 2") {
        options.quiet = true;
        Engine engine(plan_of(nodes, settings), options);
        return engine.run();
    }
    Plan plan_of(const std::string& nodes, const std::string& settings) {
        Plan made = plan("version: 1\nname: toy\nrun: {out: " + out().string() + ", " + settings +
                         "}\nnodes:\n" + nodes);
        if (!errors_.empty()) throw ConfigurationError(errors_);
        return made;
    }
    std::filesystem::path out() const { return folder_ / "run"; }
    json read(const std::filesystem::path& file) const {
        std::ifstream in(file);
        return json::parse(in);
    }
    std::string text(const std::filesystem::path& file) const {
        std::ifstream in(file);
        return {std::istreambuf_iterator<char>(in), {}};
    }
};

const char* const slow_at_the_end =
    "  a: {op: count, with: {count: 60}}\n"
    "  b: {op: double, in: a}\n"
    "  c: {op: gather, in: b, with: {size: 1}}\n"
    "  d: {op: learn, in: c, with: {delay: 10000}}\n"
    "  e: {op: save, in: d}\n";

TEST_F(ObserverTest, TheProfileTellsWhoWorksAndWhoWaits) {
    const RunResult result = run(slow_at_the_end);
    ASSERT_EQ(result.exit_code, 0) << result.message;
    std::map<std::string, NodeStatus> nodes;
    for (const auto& node : result.status.nodes) nodes[node.id] = node;

    EXPECT_EQ(nodes["d"].values, 60U);
    EXPECT_EQ(nodes["d"].op, "learn");
    EXPECT_GE(nodes["d"].busy_seconds, 0.6);  // 60 times 10 ms
    EXPECT_LT(nodes["d"].starved_seconds, 0.5 * nodes["d"].busy_seconds);
    // Of four items at most one is at work: the others wait, before 'd' or before what precedes it.
    EXPECT_GT(nodes["d"].queue_mean, 0.5);
    EXPECT_GE(nodes["d"].queue_most, 2);
    EXPECT_LE(nodes["d"].queue_most, 4);
    EXPECT_GT(nodes["a"].blocked_seconds, 0.4);  // no tickets
    EXPECT_LT(nodes["a"].starved_seconds, nodes["a"].blocked_seconds);
    EXPECT_GT(nodes["b"].starved_seconds, 0.4);  // nothing comes
    EXPECT_LT(nodes["b"].blocked_seconds, nodes["b"].starved_seconds);
    const auto divided = [](const NodeStatus& n) {
        return n.busy_seconds + n.starved_seconds + n.blocked_seconds;
    };
    for (const char* serial : {"c", "e"})  // their time is divided, none is left out
        EXPECT_NEAR(divided(nodes[serial]), divided(nodes["d"]), 0.2 * divided(nodes["d"]))
            << serial;
    EXPECT_LE(divided(nodes["d"]), 1.2 * result.status.seconds);  // which has the start, too
    EXPECT_THAT(result.status.bottleneck, HasSubstr("'d' (learn) takes one message at a time"));
    EXPECT_THAT(result.status.bottleneck, HasSubstr("nodes.c.size"));
}

TEST_F(ObserverTest, WhatWaitsForItsPartnerIsNoWorkYet) {
    const RunResult result =
        run("  a: {op: count, with: {count: 40}}\n"
            "  slow: {op: double, in: a, with: {delay: 20000}}\n"
            "  c: {op: add, in: {a: a, b: slow}}\n"
            "  d: {op: record, in: c}\n");
    for (const auto& node : result.status.nodes) {
        if (node.id != "c") continue;
        EXPECT_EQ(node.values, 40U);
        EXPECT_GT(node.starved_seconds, 4 * node.blocked_seconds);
        EXPECT_EQ(node.queue, 0);
    }
}

TEST_F(ObserverTest, NothingWaitsAtTheEnd) {
    const RunResult result =
        run("  a: {op: count, with: {count: 50, epochs: 3, split: {train: 0.7, test: 0.3}}}\n"
            "  n: {op: negate, in: a}\n"
            "  p: {op: parts, in: a}\n"
            "  r: {op: record, in: p}\n"
            "  b: {op: double, in: n, with: {fail: [-3, 4]}}\n"
            "  c: {op: gather, in: b, with: {size: 6}}\n"
            "  d: {op: learn, in: c}\n"
            "  e: {op: assess, in: {numbers: c, sum: d}}\n",
            {}, "quarantine_limit: 100");
    EXPECT_EQ(result.exit_code, 0) << result.message;
    for (const auto& node : result.status.nodes) EXPECT_EQ(node.queue, 0) << node.id;
    for (const auto& source : result.status.sources) EXPECT_EQ(source.in_flight, 0);
    EXPECT_EQ(result.status.items, result.status.total);
}

TEST_F(ObserverTest, RunJsonTellsAll) {
    const auto before = std::chrono::system_clock::now();
    run("  a: {op: count, with: {count: 20}}\n"
        "  b: {op: double, in: a, with: {fail: [3]}}\n"
        "  c: {op: record, in: b}\n",
        {}, "quarantine_limit: 1, threads: 2");
    const json file = read(out() / "run.json");
    EXPECT_EQ(file.at("exit_code"), 0);
    EXPECT_EQ(file.at("name"), "toy");
    EXPECT_EQ(file.at("threads"), 2);
    EXPECT_EQ(file.at("items"), 20);
    EXPECT_EQ(file.at("quarantined").size(), 1U);
    EXPECT_EQ(file.at("counts").at("c").at("values"), 19);
    EXPECT_EQ(file.at("started").get<std::string>().substr(0, 10), iso_time(before).substr(0, 10));
    EXPECT_LE(file.at("started"), file.at("ended"));
    EXPECT_GT(file.at("seconds"), 0);
    for (const char* key : {"host", "version", "bottleneck"})
        EXPECT_THAT(file.at(key).get<std::string>(), ::testing::Not(IsEmpty())) << key;
    const json& b = file.at("profile").at(1);
    EXPECT_EQ(b.at("id"), "b");
    EXPECT_EQ(b.at("op"), "double");
    EXPECT_EQ(b.at("values"), 19);
    EXPECT_EQ(b.at("failed"), 1);
    for (const char* key : {"busy_seconds", "starved_seconds", "blocked_seconds", "queue_mean"})
        EXPECT_TRUE(b.at(key).is_number_float()) << key;
    EXPECT_TRUE(b.at("queue_most").is_number_integer());
    EXPECT_EQ(b.size(), 9U);
    const auto ended = read_ended_run(out());
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->nodes.size(), 3U);
    EXPECT_EQ(ended->nodes[1].failed, 1U);
    EXPECT_EQ(ended->message, file.at("message"));
    EXPECT_EQ(ended->quarantined, 1U);
}

TEST_F(ObserverTest, ARunThatFailedSaysSoInItsFolder) {
    EXPECT_THROW(run("  a: {op: count, with: {count: 20}}\n"
                     "  b: {op: double, in: a, on_error: abort, with: {fail: [3]}}\n"
                     "  c: {op: record, in: b}\n"),
                 std::runtime_error);
    const json file = read(out() / "run.json");
    EXPECT_EQ(file.at("exit_code"), exit_incomplete);
    EXPECT_THAT(file.at("message").get<std::string>(), HasSubstr("bad number 3"));
    EXPECT_FALSE(std::filesystem::exists(out() / "status.json"));
}

TEST_F(ObserverTest, TheStatusFileLivesAsLongAsTheRun) {
    Engine engine(plan_of(slow_at_the_end, "max_in_flight: 4"), {.quiet = true});
    auto running = std::async(std::launch::async, [&] { return engine.run(); });
    std::optional<RunStatus> status;
    while (!status) {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
        status = read_status_file(out());
        ASSERT_EQ(running.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
    }
    EXPECT_EQ(status->pid, ::getpid());
    EXPECT_EQ(status->state, "running");
    EXPECT_EQ(status->name, "toy");
    EXPECT_EQ(status->total, 60U);
    EXPECT_EQ(status->nodes.size(), 5U);
    EXPECT_EQ(life_of(*status), Life::alive);
    EXPECT_EQ(running.get().exit_code, 0);
    EXPECT_FALSE(read_status_file(out()));
    for (const auto& file : std::filesystem::directory_iterator(out()))
        EXPECT_NE(file.path().filename().string().front(), '.') << file.path();
}

TEST_F(ObserverTest, AStatusComesBackAsItWent) {
    RunStatus status;
    name_process(status);
    status.name = "n\xff";  // no UTF-8
    status.figures = {{"loss", std::numeric_limits<double>::quiet_NaN()}, {"x", 0.25}};
    status.nodes.push_back({.id = "a", .op = "b", .values = 1ULL << 60, .state = "busy"});
    status.sources = {{"a", 3, 4}};
    write_status_file(folder_, status);
    const auto back = read_status_file(folder_);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->name, "n\xef\xbf\xbd");
    EXPECT_TRUE(std::isnan(back->figures.at("loss")));
    EXPECT_EQ(back->figures.at("x"), 0.25);
    EXPECT_EQ(back->nodes.at(0).values, 1ULL << 60);
    EXPECT_EQ(back->sources.at(0).limit, 4);
    EXPECT_GT(back->written, 1.7e9);
    for (const char* damaged : {"", "{", "[]", "{\"pid\": \"x\"}", "{\"figures\": {\"a\": []}}"}) {
        write("status.json", damaged);
        EXPECT_FALSE(read_status_file(folder_)) << damaged;
    }
}

TEST_F(ObserverTest, AProcessThatIsGoneIsKnown) {
    RunStatus status;
    name_process(status);
    EXPECT_EQ(life_of(status), Life::alive);
    --status.process_start;  // another process has its number now
    EXPECT_EQ(life_of(status), Life::gone);
    name_process(status);
    status.host += "x";
    EXPECT_EQ(life_of(status), Life::unknown);
}

TEST_F(ObserverTest, TheTraceIsWhatViewersRead) {
    const auto file = folder_ / "trace.json";
    const RunResult result = run(slow_at_the_end, {.trace = file});
    const json trace = read(file);
    EXPECT_EQ(trace.at("otherData").at("events_left_out"), 0);
    std::set<int> named, used;
    std::map<std::string, int> bodies;
    std::map<std::string, int64_t> most;
    double last_count = 0;
    const std::map<std::string, std::string> ops = {
        {"a", "count"}, {"b", "double"}, {"c", "gather"}, {"d", "learn"}, {"e", "save"}};
    for (const json& event : trace.at("traceEvents")) {
        const std::string kind = event.at("ph");
        EXPECT_EQ(event.at("pid"), 1);
        if (kind == "M") {
            EXPECT_TRUE(event.at("args").at("name").is_string());
            if (event.at("name") == "thread_name") named.insert(event.at("tid").get<int>());
        } else if (kind == "X") {
            used.insert(event.at("tid").get<int>());
            ++bodies[event.at("name")];
            EXPECT_GE(event.at("dur"), 0);
            EXPECT_TRUE(event.at("ts").is_number());
            EXPECT_GE(event.at("args").value("waited_us", 0.0), 0.0);
            EXPECT_EQ(event.at("cat"), ops.at(event.at("name")));
        } else {
            ASSERT_EQ(kind, "C");
            const int64_t value = event.at("args").at("messages");
            int64_t& highest = most[event.at("name")];
            highest = std::max(highest, value);
            EXPECT_GE(event.at("ts"), last_count);
            last_count = event.at("ts");
        }
    }
    EXPECT_EQ(named, used);
    EXPECT_EQ(bodies.at("b"), 60 + 1);      // and its start
    EXPECT_EQ(bodies.at("d"), 60 + 1 + 1);  // and the end of its pass
    EXPECT_EQ(most.at("in flight from a"), 4);
    EXPECT_GE(most.at("waiting for d"), 1);
    EXPECT_EQ(result.exit_code, 0);
}

TEST_F(ObserverTest, ATraceThatCannotBeWrittenIsToldBeforeAnyWork) {
    EXPECT_THROW(run(slow_at_the_end, {.trace = folder_ / "nowhere" / "trace.json"}),
                 std::system_error);
    EXPECT_FALSE(std::filesystem::exists(out()));
}

TEST_F(ObserverTest, MetricsStandInAFile) {
    const auto file = folder_ / "run.prom";
    run(slow_at_the_end, {.metrics = file});
    const std::string metrics = text(file);
    const std::string run_label = "{run=\"" + out().string() + "\"";
    for (const std::string& line :
         {"latentflow_running" + run_label + "} 0\n", "latentflow_exit_code" + run_label + "} 0\n",
          "latentflow_items_total" + run_label + "} 60\n",
          "latentflow_node_values_total" + run_label + ",node=\"d\",op=\"learn\"} 60\n",
          std::string("# TYPE latentflow_items_total counter\n")})
        EXPECT_THAT(metrics, HasSubstr(line));
    EXPECT_THROW(run(slow_at_the_end, {.metrics = folder_ / "nowhere" / "run.prom"}),
                 std::system_error);
}

TEST_F(ObserverTest, ARunThatCannotBeginLeavesNoMetrics) {
    write("run", "this is no folder of a run");
    EXPECT_THROW(run(slow_at_the_end, {.metrics = folder_ / "run.prom"}), ConfigurationError);
    EXPECT_FALSE(std::filesystem::exists(folder_ / "run.prom"));
}

}  // namespace
