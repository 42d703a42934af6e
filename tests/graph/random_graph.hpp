// A random graph that is valid: nodes of random_nodes.hpp linked as their clocks and streams allow,
// as a description for the oracle and as YAML for the engine.
#pragma once

#include "tests/graph/random_nodes.hpp"

#include <random>

namespace random_nodes {

struct GraphNode {
    struct In {
        std::string port;
        size_t node = 0;
        std::string output;
    };
    std::string id, op;
    std::vector<In> inputs;
    Options options;
    SourceOptions source;
    bool retry = false, last_epoch = false;
};
struct Graph {
    std::vector<GraphNode> nodes;
    int seed = 0;
    bool learns = false;
};

class GraphMaker {
  public:
    explicit GraphMaker(uint64_t seed) : random_(seed) {}

    Graph make() {
        graph_.seed = int(below(1000));
        epochs_ = 1 + int(below(3));
        for (uint64_t i = 0; i < (one_in(4) ? 2U : 1U); ++i) add_source();
        for (uint64_t steps = 2 + below(10); steps > 0; --steps) add_step();
        for (size_t i = 0; i < open_.size(); ++i)
            if (!open_[i].used) add("random_sink", {{"in", i}});
        std::vector<GraphNode::In> totals;
        for (const auto& [node, output] : totals_) totals.push_back({"in", node, output});
        if (!totals.empty()) {
            const size_t sink = add("random_totals", {});
            graph_.nodes[sink].inputs = totals;
        }
        return std::move(graph_);
    }

  private:
    struct Open {  // an output
        size_t node = 0;
        std::string port;
        size_t stream = 0;
        bool batches = false;
        bool parts = false;    // a batch's number does not say which it is
        bool partial = false;  // not all passes come
        int expansions = 0;
        bool used = false;
    };

    uint64_t below(uint64_t n) { return random_() % n; }
    bool one_in(uint64_t n) { return below(n) == 0; }

    void add_source() {
        GraphNode node;
        node.id = fmt::format("n{}", graph_.nodes.size());
        node.op = "random_source";
        node.source.count = 1 + int(below(one_in(8) ? 150 : 30));
        node.source.group = one_in(4) ? 2 : 1;
        node.source.salt = int(below(1000));
        node.source.fail = one_in(4) ? 2 + int(below(10)) : 0;
        node.source.delay = one_in(3) ? 100 : 0;
        node.source.epochs = epochs_;
        node.source.shuffle = one_in(2);
        node.source.evaluate_every = 1 + int(below(2));
        if (one_in(2) && node.source.count > 8)
            node.source.split = {{"train", 0.5}, {"test", 0.3}, {"more", 0.2}};
        graph_.nodes.push_back(node);
        open_.push_back({.node = graph_.nodes.size() - 1, .port = "out", .stream = streams_++});
    }

    /// A node whose inputs are these open outputs.
    size_t add(const std::string& op, const std::vector<std::pair<std::string, size_t>>& inputs) {
        GraphNode node;
        node.id = fmt::format("n{}", graph_.nodes.size());
        node.op = op;
        for (const auto& [port, open] : inputs) {
            node.inputs.push_back({port, open_[open].node, open_[open].port});
            open_[open].used = true;
        }
        Options& o = node.options;
        o.salt = int(below(1000));
        o.delay = one_in(3) ? 1 + int(below(200)) : 0;
        const bool ends = op == "random_sink" || op == "random_totals" || op == "random_save";
        if (!ends && op != "random_learn") {
            o.fail = one_in(5) ? 2 + int(below(12)) : 0;
            // A node that gathers has to count what it drops: the engine cannot tell it apart.
            if (op != "random_batch") o.drop = one_in(5) ? 2 + int(below(12)) : 0;
            o.flaky = one_in(12) ? 1 + int(below(3)) : 0;
            node.retry = o.flaky > 0 || one_in(8);
            node.last_epoch = one_in(20);
        }
        graph_.nodes.push_back(node);
        return graph_.nodes.size() - 1;
    }

    void give(size_t node, const std::string& port, const std::vector<size_t>& of) {
        Open open = open_[of.front()];
        open.node = node;
        open.port = port;
        open.used = false;
        for (const size_t i : of) open.partial = open.partial || open_[i].partial;
        open.partial = open.partial || graph_.nodes[node].last_epoch;
        open_.push_back(open);
    }

    void add_step() {
        const size_t from = below(open_.size());
        switch (below(12)) {
            case 0:
            case 1:
                return add_simple("random_map", from);
            case 2:
                return add_simple("random_series", from);
            case 3:
                return add_simple("random_tweak", from);
            case 4:
                return add_fork(from);
            case 5:
            case 6:
                return add_join(from);
            case 7:
                return add_parts(from);
            case 8:
                return add_batch(from);
            case 9:
            case 10:
                return add_learner(from);
            default:
                return add_judge(from);
        }
    }
    void add_simple(const std::string& op, size_t from) {
        give(add(op, {{"in", from}}), "out", {from});
    }
    void add_fork(size_t from) {
        const size_t node = add("random_fork", {{"in", from}});
        give(node, "a", {from});
        give(node, "b", {from});
    }
    void add_join(size_t from) {
        std::vector<std::pair<std::string, size_t>> inputs{{"a", from}};
        std::vector<size_t> of{from};
        const uint64_t most = one_in(3) ? 3 : 2;
        for (size_t i = open_.size(); i-- > 0 && inputs.size() < most;)
            if (i != from && open_[i].stream == open_[from].stream) {
                inputs.emplace_back(inputs.size() == 1 ? "b" : "c", i);
                of.push_back(i);
            }
        if (of.size() < 2) return add_simple("random_map", from);
        give(add(one_in(2) ? "random_join" : "random_join_in_order", inputs), "out", of);
    }
    void add_parts(size_t from) {
        if (open_[from].expansions == 2) return;
        const bool batches = open_[from].batches;
        const size_t node = add(batches ? "random_unbatch" : "random_parts", {{"in", from}});
        graph_.nodes[node].options.size = 1 + int(below(3));
        give(node, "out", {from});
        open_.back().stream = streams_++;
        open_.back().parts = true;
        open_.back().batches = false;
        ++open_.back().expansions;
    }
    void add_batch(size_t from) {
        if (open_[from].batches) return;
        const size_t node = add("random_batch", {{"in", from}});
        graph_.nodes[node].options.size = 1 + int(below(7));
        give(node, "out", {from});
        open_.back().stream = streams_++;
        open_.back().batches = true;
        open_.back().parts = false;
    }
    void add_learner(size_t from) {
        if (!open_[from].batches || open_[from].parts || open_[from].partial) {
            if (open_[from].batches || open_[from].partial) return;
            add_batch(from);
            from = open_.size() - 1;
            if (open_[from].partial) return;
        }
        const size_t node = add("random_learn", {{"in", from}});
        models_.push_back(node);
        totals_.emplace_back(node, "model");
        const size_t save = add("random_save", {});
        graph_.nodes[save].inputs = {{"in", node, "model"}};
        graph_.learns = true;
    }
    void add_judge(size_t from) {
        if (models_.empty()) return add_learner(from);
        const size_t model = models_[below(models_.size())];
        const size_t node = add("random_judge", {{"in", from}});
        graph_.nodes[node].inputs.push_back({"model", model, "model"});
        totals_.emplace_back(node, "report");
        give(node, "out", {from});
        open_.back().partial = true;
    }

    std::mt19937_64 random_;
    Graph graph_;
    int epochs_ = 1;
    size_t streams_ = 0;
    std::vector<Open> open_;
    std::vector<size_t> models_;
    std::vector<std::pair<size_t, std::string>> totals_;
};

inline std::string yaml_of(const GraphNode& node, const std::vector<GraphNode>& nodes) {
    std::string in, with;
    const auto option = [&with](const char* name, int value, int usual) {
        if (value != usual) with += fmt::format("{}{}: {}", with.empty() ? "" : ", ", name, value);
    };
    if (node.op == "random_source") {
        const SourceOptions& s = node.source;
        with = fmt::format(
            "count: {}, group: {}, salt: {}, fail: {}, delay: {}, epochs: {}, "
            "shuffle: {}, evaluate_every: {}",
            s.count, s.group, s.salt, s.fail, s.delay, s.epochs, s.shuffle, s.evaluate_every);
        if (!s.split.empty()) with += ", split: {train: 0.5, test: 0.3, more: 0.2}";
    } else {
        option("salt", node.options.salt, 0);
        option("fail", node.options.fail, 0);
        option("drop", node.options.drop, 0);
        option("flaky", node.options.flaky, 0);
        option("delay", node.options.delay, 0);
        option("size", node.options.size, 1);
        for (const auto& input : node.inputs) {
            const std::string link = nodes[input.node].id + "." + input.output;
            in += (in.empty() ? "" : ", ") +
                  (node.op == "random_totals" ? link : input.port + ": " + link);
        }
        in = node.op == "random_totals" ? fmt::format(", in: [{}]", in)
                                        : fmt::format(", in: {{{}}}", in);
        const bool may_fail = node.options.fail > 0 || node.options.flaky > 0;
        if (node.retry)
            in += ", on_error: retry";
        else if (may_fail)
            in += ", on_error: quarantine";
        if (node.last_epoch) in += ", when: last_epoch";
    }
    return fmt::format("  {}: {{op: {}{}, with: {{{}}}}}\n", node.id, node.op, in, with);
}
inline std::string yaml_of(const Graph& graph, const std::string& run) {
    std::string text =
        fmt::format("version: 1\nname: random\nrun: {{seed: {}, {}}}\nnodes:\n", graph.seed, run);
    for (const auto& node : graph.nodes) text += yaml_of(node, graph.nodes);
    return text;
}

}  // namespace random_nodes
