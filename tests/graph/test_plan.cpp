// What is checked before a run: every fault, word for word, at its place; and what a plan says.
#include "graph/plan.hpp"
#include "tests/graph/pipeline_files.hpp"

namespace {

using namespace graph;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class PlanTest : public toy::PipelineFiles {};

TEST_F(PlanTest, OrdersNodesAndResolvesWhatFlows) {
    const Plan p = plan(
        "version: 1\nname: toy\nnodes:\n"
        "  keep: {op: record, in: paint}\n"
        "  paint: {op: paint, in: a, with: {file: x}}\n"
        "  a: {op: count}\n"
        "  b: {op: gather, in: a, with: {size: 4}}\n"
        "  learn: {op: learn, in: b}\n"
        "  check: {op: assess, in: {numbers: b, sum: learn.sum}, on_error: retry, when: "
        "last_epoch}\n");
    EXPECT_EQ(errors(), "");
    std::vector<std::string> ids;
    for (const auto& node : p.nodes) ids.push_back(node.id);
    EXPECT_THAT(ids, ElementsAre("a", "paint", "keep", "b", "learn", "check"));
    EXPECT_EQ(p.nodes[1].clocks[0], Clock::item);
    EXPECT_EQ(p.nodes[1].shapes[0], (Shape{1, -1, 8}));
    EXPECT_EQ(p.nodes[1].streams[0], p.nodes[0].streams[0]);
    EXPECT_NE(p.nodes[3].streams[0], p.nodes[0].streams[0]);
    EXPECT_EQ(p.nodes[2].on_error, OnError::quarantine);
    EXPECT_EQ(p.nodes[4].on_error, OnError::abort) << "ordered, on batches";
    EXPECT_EQ(p.nodes[5].on_error, OnError::retry);
    EXPECT_TRUE(p.nodes[5].last_epoch_only);
    EXPECT_EQ(p.nodes[5].inputs[1][0].node, 4U);
    EXPECT_EQ(p.settings.out, "runs/toy");
    EXPECT_EQ(p.settings.threads, 0);
}

TEST_F(PlanTest, ReadsSettings) {
    const auto with = [&](const std::string& run) {
        return plan("version: 1\nrun: " + run +
                    "\nnodes: {a: {op: count}, b: {op: record, in: a}}\n");
    };
    EXPECT_EQ(with("{threads: 3}").settings.threads, 3);
    EXPECT_EQ(with("{threads: auto}").settings.threads, 0);
    EXPECT_EQ(errors(), "");
    with("{threads: many}");
    EXPECT_EQ(errors(), "p.yaml:2:16: 'threads' must be of type integer or auto, not 'many'");
    EXPECT_EQ(with("{max_memory: 1.5GB}").settings.max_memory, 1'500'000'000);
    EXPECT_EQ(with("{max_memory: 2 MiB}").settings.max_memory, 2 << 20);
    with("{max_memory: lots}");
    EXPECT_EQ(errors(),
              "p.yaml:2:19: 'max_memory' must be a size such as 500MB or 2GB, not 'lots'");
    with("{max_in_flight: 0}");
    EXPECT_EQ(errors(), "p.yaml:2:22: 'max_in_flight' must be between 1 and 1000000, not 0");
}

TEST_F(PlanTest, ReportsNodes) {
    const std::string end = "  z: {op: record, in: a}\n";
    EXPECT_EQ(node_faults("  a: {op: cont}\n" + end),
              "p.yaml:3:11: unknown op 'cont'; did you mean 'count'?");
    EXPECT_EQ(node_faults("  a: {in: z}\n" + end),
              "p.yaml:3:3: option 'op' of node 'a' is missing: the kind of node; `pipeline list` "
              "shows them");
    EXPECT_EQ(node_faults("  a: {op: count, wiht: {count: 3}}\n" + end),
              "p.yaml:3:18: unknown option 'wiht' of node 'a'; did you mean 'with'?");
    EXPECT_EQ(node_faults("  a: {op: count, group: 3}\n" + end),
              "p.yaml:3:18: 'group' is an option of count; write with: {group: ...}");
    EXPECT_EQ(node_faults("  a: {op: count, with: {cuont: 3}}\n" + end),
              "p.yaml:3:25: unknown option 'cuont' of count; did you mean 'count'?");
    EXPECT_EQ(node_faults("  a: {op: count, with: {count: ten}}\n" + end),
              "p.yaml:3:32: 'count' must be of type integer, not 'ten'");
    EXPECT_EQ(node_faults("  a: {op: count, with: {group: 0}}\n" + end),
              "p.yaml:3:32: 'group' must be between 1 and 1000000000, not 0");
    EXPECT_EQ(node_faults("  a: {op: count, on_error: ignore}\n" + end),
              "p.yaml:3:28: 'on_error' must be one of quarantine, abort, retry, not 'ignore'");
    EXPECT_EQ(node_faults("  A-1: {op: count}\n  z: {op: record, in: A-1}\n"),
              "p.yaml:3:3: 'A-1' is no name for a node; use a-z, 0-9 and _, and begin with a "
              "letter");
    EXPECT_EQ(node_faults("  a: {op: count}\n  p: {op: paint, in: a}\n  z: {op: record, in: p}\n"),
              "p.yaml:4:3: option 'file' of paint is missing: where it goes");
    EXPECT_EQ(node_faults("  a: count\n" + end),
              "p.yaml:3:3: the options of node 'a' must be a map: {name: value, ...}");
}

TEST_F(PlanTest, ReportsLinks) {
    const std::string a = "  a: {op: count}\n  z: {op: record, in: a}\n";
    EXPECT_EQ(node_faults(a + "  r: {op: record, in: b}\n"),
              "p.yaml:5:23: unknown node 'b'; did you mean 'a'?");
    EXPECT_EQ(node_faults(a + "  r: {op: record, in: a.numbr}\n"),
              "p.yaml:5:23: 'a' has no output 'numbr'; did you mean 'number'?");
    EXPECT_EQ(node_faults(a + "  r: {op: record, in: a.x}\n"),
              "p.yaml:5:23: 'a' has no output 'x'; there is number");
    EXPECT_EQ(node_faults(a + "  r: {op: record, in: z}\n"), "p.yaml:5:23: 'z' has no outputs");
    EXPECT_EQ(node_faults(a + "  r: {op: record, in: {im: a}}\n"),
              "p.yaml:5:24: 'record' has no input 'im'; did you mean 'in'?");
    EXPECT_EQ(node_faults(a + "  r: {op: record}\n"),
              "p.yaml:5:3: input 'in' of record is missing; it takes type number, which a makes");
    EXPECT_EQ(node_faults(a + "  r: {op: record, in: [a, a]}\n"),
              "p.yaml:5:23: input 'in' of record takes one link, written node or node.port");
    EXPECT_EQ(node_faults(a + "  r: {op: count, in: a}\n  y: {op: record, in: r}\n"),
              "p.yaml:5:22: 'count' is a source and takes no input; remove 'in'");
    EXPECT_EQ(node_faults(a + "  s: {op: add, in: a}\n  y: {op: record, in: s}\n"),
              "p.yaml:5:20: add has the inputs a, b; write in: {a: ..., ...}");
}

TEST_F(PlanTest, ReportsTypesClocksAndStreams) {
    const std::string a = "  a: {op: count}\n  z: {op: record, in: a}\n";
    EXPECT_EQ(node_faults(a + "  r: {op: record_batches, in: a}\n"),
              "p.yaml:5:31: 'a' is of type number, but input 'in' of record_batches takes numbers; "
              "put a 'gather' between");
    EXPECT_EQ(node_faults(a + "  g: {op: gather, in: a}\n  l: {op: learn, in: g}\n"
                              "  r: {op: record, in: l}\n"),
              "p.yaml:7:23: 'l' is of type sum, but input 'in' of record takes number");
    EXPECT_EQ(node_faults(a + "  g: {op: gather, in: a}\n  p: {op: parts, in: a}\n"
                              "  s: {op: add, in: {a: a, b: p}}\n  y: {op: record, in: s}\n"
                              "  x: {op: record_batches, in: g}\n"),
              "p.yaml:7:30: 'a' and 'p' are of different streams, so add cannot join their "
              "messages; feed it by one batch or source");
    EXPECT_EQ(node_faults(a + "  d: {op: double, in: a}\n  s: {op: add, in: {a: a, b: d}}\n"
                              "  y: {op: record, in: s}\n"),
              "");
}

struct Tick {};
}  // namespace

template <>
inline constexpr const char* graph::port_type<Tick> = "tick";

namespace {

class Nothing : public Node {
  public:
    Nothing(const NoParams&, const Setup&) {}
    void receive(Call&) override {}
};
const Register item_tick{
    node<NoParams, Nothing>({.name = "item_tick",
                             .doc = "Ticks.",
                             .inputs = {port<toy::Number>(Clock::item, "n", "")},
                             .outputs = {port<Tick>(Clock::item, "tick", "")}})};
const Register batch_tick{[] {
    Spec spec = node<NoParams, Nothing>({.name = "batch_tick",
                                         .doc = "Batches of ticks.",
                                         .inputs = {port<Tick>(Clock::item, "tick", "")},
                                         .outputs = {port<Tick>(Clock::batch, "tick", "")}});
    spec.reindexes = true;
    return spec;
}()};
const Register take_ticks{
    node<NoParams, Nothing>({.name = "take_ticks",
                             .doc = "Takes ticks.",
                             .inputs = {port<Tick>(Clock::batch, "ticks", "")}})};

TEST_F(PlanTest, ReportsClocksOfOneType) {
    const std::string a = "  a: {op: count}\n  t: {op: item_tick, in: a}\n";
    EXPECT_EQ(node_faults(a + "  r: {op: take_ticks, in: t}\n"),
              "p.yaml:5:27: 't' comes once per item, but input 'ticks' of take_ticks takes one per "
              "batch; put a 'batch_tick' between");
    EXPECT_EQ(node_faults(a + "  b: {op: batch_tick, in: t}\n  r: {op: take_ticks, in: b}\n"), "");
}

TEST_F(PlanTest, ReportsTheWhole) {
    EXPECT_EQ(faults("version: 1\nnodes: {}\n"),
              "p.yaml:2:8: there are no nodes; a pipeline has 'nodes:'");
    EXPECT_EQ(node_faults("  a: {op: count}\n  b: {op: double, in: a}\n"),
              "p.yaml:4:3: nothing uses 'b'; link its output 'number' or remove it");
    EXPECT_EQ(node_faults("  a: {op: count}\n  x: {op: double, in: z}\n  y: {op: double, in: x}\n"
                          "  z: {op: double, in: y}\n  r: {op: record, in: y}\n"
                          "  q: {op: record, in: a}\n"),
              "p.yaml:4:23: a cycle: x -> y -> z -> x; remove one of these links");
    EXPECT_EQ(
        node_faults("  x: {op: double, in: x}\n  r: {op: record, in: x}\n"),
        "p.yaml:3:3: there is no source; begin with one of: count, large, made, random_source\n"
        "p.yaml:3:23: a cycle: x -> x; remove one of these links");
    EXPECT_EQ(node_faults("  a: {op: count}\n  p: {op: paint, in: a, with: {file: x, fast: true}}\n"
                          "  r: {op: record, in: p}\n"),
              "p.yaml:4:3: paint: cannot be fast");
}

TEST_F(PlanTest, ProvesThatNothingStarves) {
    const auto with = [&](int64_t tickets, const std::string& more = "") {
        return faults(
            fmt::format("version: 1\nrun: {{max_in_flight: {}}}\nnodes:\n"
                        "  a: {{op: count}}\n"
                        "  b: {{op: gather, in: a, with: {{size: 512}}}}\n"
                        "  c: {{op: record_batches, in: b}}\n{}",
                        tickets, more));
    };
    EXPECT_EQ(with(512), "");
    EXPECT_EQ(with(256),
              "p.yaml:5:3: 'b' waits for 512 items, but run.max_in_flight is 256; raise it to 512 "
              "or let 'b' wait for fewer");
    EXPECT_EQ(with(512,
                   "  d: {op: gather, in: a, with: {size: 8}}\n"
                   "  e: {op: record_batches, in: d}\n"),
              "p.yaml:5:3: the nodes after 'a' wait for 520 items ('b' 512, 'd' 8), but "
              "run.max_in_flight is 512; raise it to 520 or let 'b' wait for fewer");
}

TEST_F(PlanTest, ReportsEveryFaultOfAFile) {
    EXPECT_EQ(faults("version: 1\nrun: {sed: 1}\nextra: 1\nnodes:\n"
                     "  a: {op: count, with: {count: x, grop: 1}}\n"
                     "  b: {op: gather, in: aa}\n"
                     "  c: {op: record_batches, in: a}\n"
                     "  d: {op: nothing_like_it}\n"
                     "  a: {op: count}\n",
                     {.params = {"p=1"}, .sets = {"nodes.c.x=1"}}),
              "--set nodes.c.x=1: unknown option 'x' of record_batches\n"
              "-p p=1: this pipeline has no parameters\n"
              "p.yaml:2:7: unknown option 'sed' of run; did you mean 'seed'?\n"
              "p.yaml:3:1: unknown key 'extra' of a pipeline\n"
              "p.yaml:5:32: 'count' must be of type integer, not 'x'\n"
              "p.yaml:5:35: unknown option 'grop' of count; did you mean 'group'?\n"
              "p.yaml:6:23: unknown node 'aa'; did you mean 'a'?\n"
              "p.yaml:7:31: 'a' is of type number, but input 'in' of record_batches takes numbers; "
              "put a 'gather' between\n"
              "p.yaml:8:11: unknown op 'nothing_like_it'; `pipeline list` shows all\n"
              "p.yaml:9:3: duplicate key 'a'; it is already on line 5: remove or rename one");
}

}  // namespace
