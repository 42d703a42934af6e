// Says what must come out of a random graph, by walking through it one node and one message after
// the other: no threads, no tickets, no gates.
#pragma once

#include "graph/timetable.hpp"
#include "tests/graph/random_graph.hpp"

#include <algorithm>
#include <set>

namespace random_nodes {

struct Expected {
    std::map<std::string, std::vector<Seen::Line>> lines;    // by sink
    std::map<std::string, uint64_t> tombstones;              // by sink
    std::map<std::string, std::vector<std::string>> totals;  // by sender
    std::set<std::string> quarantined;                       // items
};

class Oracle {
  public:
    explicit Oracle(const Graph& graph) : graph_(graph) {}

    Expected walk() {
        for (size_t i = 0; i < graph_.nodes.size(); ++i) visit(graph_.nodes[i], i);
        return std::move(expected_);
    }

  private:
    struct Record {
        std::vector<uint32_t> place;  // index, parts
        bool value = false;           // else a tombstone
        uint64_t is = 0;
    };
    struct Origin {
        std::vector<graph::Pass> passes;
        std::unique_ptr<MakeTokens> source;
    };
    struct Stream {
        std::map<int, std::vector<Record>> passes;
        const Origin* origin = nullptr;
        bool items = true;  // a place is an item's
    };
    using Outputs = std::map<std::string, Stream>;

    uint64_t seed() const { return static_cast<uint64_t>(graph_.seed); }
    const Stream& stream(const GraphNode::In& in) { return streams_[in.node][in.output]; }

    void visit(const GraphNode& node, size_t index) {
        if (node.op == "random_source") return make_items(node, index);
        if (node.op == "random_totals" || node.op == "random_save") return;
        Stream joined = stream(node.inputs[0]);  // of the first input, and of passes that all have
        std::vector<const Stream*> inputs;
        for (const auto& in : node.inputs)
            if (in.port != "model") inputs.push_back(&stream(in));
        const bool judges = node.op == "random_judge";
        std::erase_if(joined.passes, [&](const auto& one) {
            const graph::Pass& pass = joined.origin->passes.at(size_t(one.first));
            return !std::ranges::all_of(inputs,
                                        [&](auto* s) { return s->passes.contains(one.first); }) ||
                   (judges && pass.purpose == graph::Purpose::train) ||
                   (node.last_epoch && !pass.last_epoch && node.op != "random_tweak");
        });
        Outputs& out = streams_[index];
        for (const char* port : {"out", "a", "b"}) {
            out[port].origin = joined.origin;
            out[port].items = joined.items && node.op != "random_batch";
        }
        for (const auto& [number, records] : joined.passes) {
            for (const char* port : {"out", "a", "b"}) out[port].passes[number];
            start_pass(node, joined.origin->passes.at(size_t(number)));
            for (size_t i = 0; i < records.size(); ++i) {
                std::vector<Record> of;
                for (const Stream* one : inputs) of.push_back(one->passes.at(number).at(i));
                take(node, joined, number, of, out);
            }
            end_pass(node, joined.origin->passes.at(size_t(number)), out);
        }
    }

    void make_items(const GraphNode& node, size_t index) {
        auto& origin = origins_.emplace_back(std::make_unique<Origin>());
        graph::Setup setup;
        setup.id = node.id;
        origin->source = std::make_unique<MakeTokens>(node.source, setup);
        const auto count = static_cast<size_t>(node.source.count);
        auto splits =
            node.source.split.empty()
                ? graph::undivided(count)
                : graph::split_items(*origin->source, count, node.source, graph_.seed, node.id);
        origin->passes = graph::timetable(splits, node.source, is_judged(index));
        origin->source->set_order(std::move(splits), node.source, seed(), node.id);
        Stream& out = streams_[index]["out"];
        out.origin = origin.get();
        for (const auto& pass : origin->passes)
            for (uint64_t i = 0; i < pass.items; ++i) {
                const size_t item = origin->source->item_of(pass, i);
                const uint64_t value = mix(item, static_cast<uint64_t>(node.source.salt));
                const bool fails =
                    fate({.salt = node.source.salt, .fail = node.source.fail}, value) == Fate::fail;
                if (fails) expected_.quarantined.insert(origin->source->item(item).name);
                out.passes[pass.number].push_back({{uint32_t(i)}, !fails, value});
            }
    }
    /// Whether messages that are made of a source's items are held against a model.
    bool is_judged(size_t source) const {
        std::vector<char> fed(graph_.nodes.size());
        fed[source] = 1;
        for (size_t i = 0; i < graph_.nodes.size(); ++i)
            for (const auto& in : graph_.nodes[i].inputs)
                if (in.output != "model" && in.output != "report" && fed[in.node]) {
                    fed[i] = 1;
                    if (graph_.nodes[i].op == "random_judge") return true;
                }
        return false;
    }

    void start_pass(const GraphNode&, const graph::Pass&) { state_ = batched_ = batches_ = 0; }

    void take(const GraphNode& node, const Stream& in, int number, const std::vector<Record>& of,
              Outputs& out) {
        const graph::Pass& pass = in.origin->passes.at(size_t(number));
        const bool whole = std::ranges::all_of(of, [](const Record& r) { return r.value; });
        const bool sink = node.op == "random_sink";
        const bool batches = node.op == "random_batch";
        if (node.op == "random_tweak" &&
            (pass.purpose != graph::Purpose::train || (node.last_epoch && !pass.last_epoch))) {
            out["out"].passes[number].push_back(of[0]);
            return;
        }
        const Record dead{of[0].place, false, 0};
        const auto end_here = [&] {
            if (sink) ++expected_.tombstones[node.id];
            if (!batches)
                for (const char* port : {"out", "a", "b"}) out[port].passes[number].push_back(dead);
        };
        if (!whole) return end_here();
        uint64_t value = of[0].is;
        if (node.op.starts_with("random_join")) {
            value = static_cast<uint64_t>(node.options.salt);
            for (const Record& one : of) value = mix(value, one.is);
        }
        if (node.op == "random_learn") {
            if (pass.purpose == graph::Purpose::train)
                learnt_[node.id] = mix(learnt_[node.id], value);
            return;
        }
        Fate what = fate(node.options, value);
        if (node.options.flaky > (node.retry ? 2 : 0)) what = Fate::fail;
        if (what == Fate::fail) expected_.quarantined.insert(name_of(in, pass, of[0].place[0]));
        if (what != Fate::value) return end_here();
        send(node, pass, of[0].place, value, out);
    }

    void send(const GraphNode& node, const graph::Pass& pass, const std::vector<uint32_t>& place,
              uint64_t value, Outputs& out) {
        const auto salt = static_cast<uint64_t>(node.options.salt);
        const auto put = [&](const char* port, uint64_t v) {
            out[port].passes[pass.number].push_back({place, true, v});
        };
        if (node.op == "random_map" || node.op == "random_tweak") {
            graph::Stamp stamp;
            stamp.pass = pass.number;
            stamp.index = place[0];
            for (size_t i = 1; i < place.size(); ++i) stamp.parts.push_back({place[i], 0});
            put("out", mix(value, salt + graph::Random(seed(), node.id, stamp).next()));
        } else if (node.op == "random_series") {
            state_ = mix(state_, value);
            put("out", mix(state_, salt));
        } else if (node.op == "random_fork") {
            for (const size_t i : {0U, 1U}) {
                const char* port = i == 0 ? "a" : "b";
                if (goes_to(i, node.options, value))
                    put(port, mix(value, 10 + i));
                else
                    out[port].passes[pass.number].push_back({place, false, 0});
            }
        } else if (node.op == "random_parts" || node.op == "random_unbatch") {
            const uint64_t parts = parts_of(node.options, value);
            for (uint64_t i = 0; i < parts; ++i) {
                put("out", mix(value, i));
                out["out"].passes[pass.number].back().place.push_back(uint32_t(i));
            }
            if (parts == 0) out["out"].passes[pass.number].push_back({place, false, 0});
        } else if (node.op == "random_batch") {
            state_ = mix(state_, value);
            if (++batched_ == uint64_t(node.options.size)) flush(pass, out);
        } else if (node.op == "random_judge") {
            state_ = mix(state_, value);
            put("out", mix(value, model_of(node, pass)));
        } else if (node.op == "random_sink") {
            Seen::Line line{uint64_t(pass.number)};
            line.insert(line.end(), place.begin(), place.end());
            line.push_back(value);
            expected_.lines[node.id].push_back(line);
        } else {
            put("out", value);  // a join
        }
    }
    void flush(const graph::Pass& pass, Outputs& out) {
        out["out"].passes[pass.number].push_back({{uint32_t(batches_++)}, true, state_});
        state_ = batched_ = 0;
    }

    void end_pass(const GraphNode& node, const graph::Pass& pass, Outputs& out) {
        if (node.op == "random_batch" && batched_ > 0) flush(pass, out);
        if (node.op == "random_learn" && pass.purpose == graph::Purpose::train) {
            if (expected_.totals[node.id].empty())
                expected_.totals[node.id].push_back(line_of(Total{}));
            models_[node.id][pass.epoch] = learnt_[node.id];
            expected_.totals[node.id].push_back(
                line_of({node.id, learnt_[node.id], pass.epoch, true}));
        }
        if (node.op == "random_judge")
            expected_.totals[node.id].push_back(
                line_of({node.id, mix(state_, model_of(node, pass)), pass.epoch, true}));
    }
    uint64_t model_of(const GraphNode& node, const graph::Pass& pass) {
        return models_.at(graph_.nodes[node.inputs[1].node].id).at(pass.epoch);
    }

    static std::string name_of(const Stream& in, const graph::Pass& pass, uint64_t index) {
        if (in.items) return in.origin->source->item(in.origin->source->item_of(pass, index)).name;
        return fmt::format("message {} of epoch {}, split {}", index, pass.epoch, pass.split);
    }

    const Graph& graph_;
    Expected expected_;
    std::map<size_t, Outputs> streams_;
    std::vector<std::unique_ptr<Origin>> origins_;
    std::map<std::string, uint64_t> learnt_;
    std::map<std::string, std::map<int, uint64_t>> models_;  // by learner and epoch
    uint64_t state_ = 0, batched_ = 0, batches_ = 0;         // of a node in a pass
};

}  // namespace random_nodes
