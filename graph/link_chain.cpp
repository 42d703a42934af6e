// See link_chain.hpp. What each output gives is read from the plan of the nodes so far, so that
// clocks and streams follow the rules that `validate` has.
#include "graph/link_chain.hpp"

#include "graph/bridge.hpp"
#include "graph/yaml.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>

namespace graph {

namespace {

/// An output of the nodes that can be linked to.
struct Source {
    std::string link;
    Offer offer;
    size_t stream;
    size_t node;  // those with higher numbers are nearer
};

std::vector<Source> sources_of(const Plan& plan, const std::vector<std::string>& visible) {
    std::vector<Source> sources;
    for (size_t i = 0; i < visible.size(); ++i)
        for (const PlannedNode& planned : plan.nodes) {
            if (planned.id != visible[i]) continue;
            const auto& outputs = planned.spec->outputs;
            for (size_t port = 0; port < outputs.size(); ++port)
                sources.push_back(
                    {planned.id + (outputs.size() > 1 ? "." + outputs[port].name : ""),
                     {outputs[port].id, planned.clocks[port]},
                     planned.streams[port],
                     i});
        }
    return sources;
}

class Linker {
  public:
    /// `visible`: the ids of the nodes that it can be linked to, the nearest last.
    Linker(const Plan& plan, const std::vector<std::string>& visible, const Spec& spec)
        : sources_(sources_of(plan, visible)),
          spec_(spec),
          previous_(visible.empty() ? "" : visible.back()) {}

    Value links() {
        std::vector<const Port*> wanted;
        for (const Port& input : spec_.inputs)
            if (!input.optional) wanted.push_back(&input);
        if (const Port* also = nearest_optional(wanted)) {
            wanted.clear();
            for (const Port& input : spec_.inputs)
                if (!input.optional || &input == also) wanted.push_back(&input);
        }
        std::map<std::string, Value> links;
        for (const Port* input : wanted) links[input->name] = link(*input, wanted);
        if (links.empty()) return {};
        const bool alone = links.size() == 1 && (spec_.inputs.size() == 1 || is_only(wanted));
        if (alone) return links.begin()->second;
        Value in;
        in.kind = Value::Kind::map;
        for (const Port* input : wanted)
            in.entries.emplace_back(scalar(input->name), links.at(input->name));
        return in;
    }

  private:
    /// Outputs that fit, those of far nodes first.
    std::vector<const Source*> fitting(const Port& input) const {
        std::vector<const Source*> found;
        for (const Source& source : sources_)
            if (takes(input, source.offer)) found.push_back(&source);
        return found;
    }
    static size_t count_alike(const std::vector<const Port*>& ports, const Port& port) {
        return static_cast<size_t>(std::count_if(
            ports.begin(), ports.end(), [&](const Port* other) { return other->id == port.id; }));
    }
    static bool is_only(const std::vector<const Port*>& wanted) {
        return wanted.size() == 1 && !wanted.front()->optional;
    }

    /// Optional inputs are ways to give the same thing, such as a model or a reconstruction: the
    /// one that was made last is meant.
    const Port* nearest_optional(const std::vector<const Port*>& required) const {
        const Port* nearest = nullptr;
        size_t node = 0;
        for (const Port& input : spec_.inputs) {
            if (!input.optional) continue;
            const auto found = fitting(input);
            if (found.size() <= count_alike(required, input)) continue;
            if (nearest != nullptr && found.back()->node <= node) continue;
            nearest = &input;
            node = found.back()->node;
        }
        return nearest;
    }

    Value link(const Port& input, const std::vector<const Port*>& wanted) {
        std::vector<const Source*> found = fitting(input);
        if (found.empty()) throw ConfigurationError(missing(input));
        if (input.many) {
            if (found.size() == 1) return scalar(found.front()->link);
            Value list;
            list.kind = Value::Kind::list;
            for (const Source* source : found) list.items.push_back(scalar(source->link));
            return list;
        }
        // Messages of two inputs are joined only within a stream.
        if (input.clock != Clock::epoch && stream_)
            std::erase_if(found, [&](const Source* source) {
                return source->offer.clock != Clock::epoch && source->stream != *stream_;
            });
        if (found.empty()) throw ConfigurationError(missing(input));
        // Of inputs alike, the last takes the nearest: originals come before reconstructions.
        size_t after = 0;
        for (auto port = wanted.rbegin(); *port != &input; ++port)
            if ((*port)->id == input.id) ++after;
        const Source* source = found[found.size() - 1 - std::min(after, found.size() - 1)];
        if (source->offer.clock != Clock::epoch) stream_ = source->stream;
        return scalar(source->link);
    }

    std::string missing(const Port& input) const {
        const std::string what = fmt::format(
            "{} takes {} for its input '{}', and nothing before it "
            "gives that",
            spec_.name, port_text(input), input.name);
        std::vector<Offer> offers;
        for (const Source& source : sources_) offers.push_back(source.offer);
        std::set<std::string> ways;
        for (const Bridge& bridge : find_bridges(offers, input)) {
            std::string way;
            for (size_t i = 0; i < bridge.size(); ++i)
                way += (i == 0 ? "" : i + 1 == bridge.size() ? " and " : ", ") + bridge[i]->name;
            ways.insert(way);
        }
        if (ways.empty()) return what;
        return fmt::format(
            "{}; put {} {}", what, fmt::join(ways, ", or "),
            previous_.empty() ? "first" : fmt::format("between {} and {}", previous_, spec_.name));
    }
    static std::string port_text(const Port& port) {
        return port.clock == Clock::same ? port.type
                                         : fmt::format("{} per {}", port.type, name(port.clock));
    }

    std::vector<Source> sources_;
    const Spec& spec_;
    std::string previous_;
    std::optional<size_t> stream_;  // of the inputs linked so far
};

/// The nodes that lead to these, far ones first, and these at the end.
std::vector<std::string> leading_to(const Plan& plan, const std::vector<std::string>& ends) {
    std::vector<std::string> found;
    std::set<std::string> wanted(ends.begin(), ends.end());
    for (auto node = plan.nodes.rbegin(); node != plan.nodes.rend(); ++node) {
        if (!wanted.contains(node->id)) continue;
        if (std::ranges::find(ends, node->id) == ends.end()) found.push_back(node->id);
        for (const auto& links : node->inputs)
            for (const Link& link : links) wanted.insert(plan.nodes[link.node].id);
    }
    std::ranges::reverse(found);
    found.insert(found.end(), ends.begin(), ends.end());
    return found;
}

}  // namespace

std::vector<ChainNode> link_chain(const std::vector<ChainStep>& steps) {
    std::vector<ChainNode> nodes;
    std::vector<std::string> visible;
    for (const ChainStep& step : steps) {
        const Plan plan = plan_chain(nodes);
        if (!step.after.empty()) visible = leading_to(plan, step.after);
        nodes.push_back({step.id, step.spec, Linker(plan, visible, *step.spec).links()});
        visible.push_back(step.id);
    }
    return nodes;
}

Plan plan_chain(const std::vector<ChainNode>& nodes) {
    Document document;
    document.nodes.kind = Value::Kind::map;
    for (const ChainNode& node : nodes) {
        Value options;
        options.kind = Value::Kind::map;
        options.entries.emplace_back(scalar("op"), scalar(node.spec->name));
        if (node.in.kind != Value::Kind::null) options.entries.emplace_back(scalar("in"), node.in);
        document.nodes.entries.emplace_back(scalar(node.id), options);
    }
    Errors ignored;
    return make_plan(document, ignored);
}

}  // namespace graph
