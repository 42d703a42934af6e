// What the engine costs: a chain of ten nodes that do nothing, beside a TBB graph of the same shape
// written by hand, in turns. A visit is one message at one node. Prints lines NAME VALUE.
#include "graph/document.hpp"
#include "graph/engine.hpp"
#include "graph/source.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <fstream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <tbb/flow_graph.h>
#include <tbb/global_control.h>

namespace {

struct Number {
    uint64_t value;
};

}  // namespace

namespace graph {
template <>
inline constexpr const char* port_type<Number> = "number";
}  // namespace graph

namespace {

constexpr int64_t in_flight = 256;

struct CountParams : graph::Schedule {
    int64_t count = 1;
};

class Count : public graph::Source {
  public:
    Count(const CountParams& params, const graph::Setup&) : count_(params.count) {}
    size_t list() override { return static_cast<size_t>(count_); }
    graph::Item item(size_t number) const override {
        const std::string name = std::to_string(number);
        return {name, name};
    }
    void receive(graph::Call& call) override { call.emit("number", Number{item_of(call)}); }

  private:
    const int64_t count_;
};

const graph::Register count{graph::source<CountParams, Count>(
    {.name = "count",
     .doc = "Numbers from 0.",
     .group = "bench",
     .outputs = {graph::port<Number>(graph::Clock::item, "number", "the number")},
     .params = {graph::param("count", &CountParams::count, graph::Range{1, 1e12}, "how many")}})};

const graph::Register pass{graph::map<graph::NoParams, Number, Number>(
    {.name = "pass",
     .doc = "Passes a number on.",
     .group = "bench",
     .inputs = {graph::port<Number>(graph::Clock::item, "number", "a number")},
     .outputs = {graph::port<Number>(graph::Clock::item, "number", "the same")}},
    [](const graph::NoParams&, const Number& number) { return number; })};

class Sink : public graph::Node {
  public:
    Sink(const graph::NoParams&, const graph::Setup&) {}
    void receive(graph::Call& call) override { sum_ += call.input<Number>("number").value; }

  private:
    uint64_t sum_ = 0;
};

const graph::Register sink{graph::ordered_node<graph::NoParams, Sink>(
    {.name = "sink",
     .doc = "Adds numbers up, in their order.",
     .group = "bench",
     .inputs = {graph::port<Number>(graph::Clock::item, "number", "a number")}})};

/// Time on the clock, and of all processors together: the second holds on a busy machine too.
struct Taken {
    double seconds = 0, processor_seconds = 0;
};

template <class Body>
Taken timed(Body body) {
    const auto start = std::chrono::steady_clock::now();
    const std::clock_t processors = std::clock();
    body();
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    return {taken.count(), static_cast<double>(std::clock() - processors) / CLOCKS_PER_SEC};
}

struct Options {
    int64_t items = 1'000'000;
    int nodes = 10, threads = 2, rounds = 5;
};

/// The source, then nodes that pass on, then the sink: ten by default.
Taken time_engine(const Options& options, const std::filesystem::path& folder) {
    const auto file = folder / "chain.yaml";
    {
        std::ofstream text(file);
        text << fmt::format(
            "version: 1\nname: chain\nrun: {{threads: {}, max_in_flight: {}, out: {}}}\nnodes:\n"
            "  n0: {{op: count, with: {{count: {}}}}}\n",
            options.threads, in_flight, (folder / "run").string(), options.items);
        for (int i = 1; i + 1 < options.nodes; ++i)
            text << fmt::format("  n{}: {{op: pass, in: n{}}}\n", i, i - 1);
        text << fmt::format("  n{}: {{op: sink, in: n{}}}\n", options.nodes - 1, options.nodes - 2);
    }
    graph::Errors errors;
    graph::Plan plan = graph::make_plan(graph::load_document(file, {}, errors), errors);
    if (!errors.empty()) throw graph::ConfigurationError(errors);
    graph::Engine engine(std::move(plan), {.quiet = true});
    graph::RunResult result;
    const Taken taken = timed([&] { result = engine.run(); });
    if (result.exit_code != graph::exit_done) throw std::runtime_error(result.message);
    std::filesystem::remove_all(folder / "run");
    return taken;
}

/// The same with TBB alone: bounded by a limiter, in order at the sink, and no names, errors,
/// counts or epochs.
Taken time_tbb(const Options& options) {
    namespace flow = tbb::flow;
    struct Item {
        uint64_t index = 0;
        std::shared_ptr<const Number> number;
    };
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism,
                                    static_cast<size_t>(options.threads));
    flow::graph g;
    uint64_t next = 0, sum = 0;
    const auto items = static_cast<uint64_t>(options.items);
    flow::input_node<uint64_t> source(g, [&](tbb::flow_control& control) {
        if (next == items) control.stop();
        return next++;
    });
    flow::limiter_node<uint64_t> limiter(g, static_cast<size_t>(in_flight));
    flow::function_node<uint64_t, Item> first(g, flow::unlimited, [](uint64_t index) {
        return Item{index, std::make_shared<const Number>(Number{index})};
    });
    std::vector<std::unique_ptr<flow::function_node<Item, Item>>> nodes;
    for (int i = 1; i + 1 < options.nodes; ++i)
        nodes.push_back(std::make_unique<flow::function_node<Item, Item>>(
            g, flow::unlimited, [](const Item& in) {
                return Item{in.index, std::make_shared<const Number>(*in.number)};
            }));
    flow::sequencer_node<Item> order(g, [](const Item& item) { return item.index; });
    flow::function_node<Item, flow::continue_msg> last(g, flow::serial, [&](const Item& item) {
        sum += item.number->value;
        return flow::continue_msg();
    });
    flow::make_edge(source, limiter);
    flow::make_edge(limiter, first);
    flow::sender<Item>* from = &first;
    for (auto& node : nodes) {
        flow::make_edge(*from, *node);
        from = node.get();
    }
    flow::make_edge(*from, order);
    flow::make_edge(order, last);
    flow::make_edge(last, limiter.decrementer());
    const Taken taken = timed([&] {
        source.activate();
        g.wait_for_all();
    });
    if (sum != items * (items - 1) / 2) throw std::runtime_error("TBB's graph lost an item");
    return taken;
}

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    CLI::App app("What the engine costs beside TBB alone.", "bench_engine");
    app.add_option("--items", options.items, "messages of the source")->capture_default_str();
    app.add_option("--nodes", options.nodes, "of the chain")->check(CLI::Range(2, 1000));
    app.add_option("--threads", options.threads, "threads")->capture_default_str();
    app.add_option("--rounds", options.rounds, "turns, of which the median counts");
    CLI11_PARSE(app, argc, argv);
    std::string folder = (std::filesystem::temp_directory_path() / "bench_engine_XXXXXX").string();
    if (!mkdtemp(folder.data())) return EXIT_FAILURE;
    std::vector<double> ratios, processor_ratios, visits;
    for (int round = 0; round < options.rounds; ++round) {
        const Taken ours = time_engine(options, folder), theirs = time_tbb(options);
        ratios.push_back(ours.seconds / theirs.seconds);
        processor_ratios.push_back(ours.processor_seconds / theirs.processor_seconds);
        visits.push_back(static_cast<double>(options.items * options.nodes) / ours.seconds);
        fmt::print("round {}: engine {:.3f} s ({:.3f} s of processors), TBB {:.3f} s ({:.3f} s)\n",
                   round + 1, ours.seconds, ours.processor_seconds, theirs.seconds,
                   theirs.processor_seconds);
    }
    std::filesystem::remove_all(folder);
    fmt::print("engine_visits per_second {:.0f}\n", median(visits));
    fmt::print("engine_vs_tbb ratio {:.3f}\n", median(ratios));
    fmt::print("engine_vs_tbb_processors ratio {:.3f}\n", median(processor_ratios));
    return EXIT_SUCCESS;
}
