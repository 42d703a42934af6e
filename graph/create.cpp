// Writes a row of linked nodes as a file to edit.
#include "graph/create.hpp"

#include "graph/bridge.hpp"
#include "graph/chain_words.hpp"
#include "graph/link_chain.hpp"
#include "graph/paths.hpp"
#include "graph/wrap.hpp"
#include "graph/yaml.hpp"

#include <optional>
#include <set>

#include <fmt/format.h>

namespace graph {

namespace {

/// A value that a user must replace, where there is no default.
std::string placeholder(const Param& param) {
    if (!param.choices.empty()) return param.choices.front();
    if (param.type == "path") return "PATH";
    if (param.type == "integer" || param.type == "number") {
        const double least = param.range ? param.range->min : 1;
        return fmt::format("{}", std::isinf(least) ? 1 : least);
    }
    return param.type == "string" ? "TEXT" : param.fallback;
}

std::string comment(const std::string& text, const std::string& indent) {
    return wrap(text, indent + "# ");
}

std::string comment(const Param& param, const std::string& indent) {
    std::string facts = param.required ? param.type + ", required" : param.type;
    if (param.alternatives) {
        facts = "";
        for (const Alternative& kind : param.alternatives())
            facts += (facts.empty() ? "type: " : ", ") + kind.name;
    }
    const std::string range = limits(param);
    return comment(fmt::format("{} ({}{}{})", param.doc, facts, range.empty() ? "" : ", ", range),
                   indent);
}

const Alternative& find_kind(const std::vector<Alternative>& kinds, const std::string& name) {
    for (const Alternative& kind : kinds)
        if (kind.name == name) return kind;
    throw std::logic_error("the default '" + name + "' is not one of the types");
}

class Writer {
  public:
    Writer(const std::vector<ChainNode>& nodes, bool brief) : nodes_(nodes), brief_(brief) {}

    /// `words`: that the nodes were named with.
    Created write(const std::vector<std::string>& words) {
        Created created;
        created.text =
            modeline() +
            wrap(fmt::format("Made by: pipeline create {}", fmt::join(words, " ")), "# ");
        if (!brief_)
            created.text += comment(
                "Options are at their defaults: change them, or leave them out. "
                "`pipeline describe NODE` tells more.",
                "");
        created.text += "version: 1\n";
        if (!brief_) created.text += "\nrun:\n" + options(settings_params(), {}, "  ", "run.");
        created.text += brief_ ? "nodes:\n" : "\nnodes:\n";
        for (const ChainNode& node : nodes_) created.text += entry(node);
        created.notes = to_fill_in_;
        for (const auto& note : unlinked()) created.notes.push_back(note);
        for (const auto& note : unused()) created.notes.push_back(note);
        return created;
    }

  private:
    std::string entry(const ChainNode& node) {
        const Spec& spec = *node.spec;
        std::string text = "  " + node.id + ":\n";
        if (!brief_) text += comment(spec.doc, "    ");
        text += "    op: " + spec.name + "\n";
        if (node.in.kind != Value::Kind::null) text += "    in: " + write_yaml(node.in) + "\n";
        const std::string with = options(spec.params, {}, "      ", node.id + ".");
        return text + (with.empty() ? "" : "    with:\n" + with) + (brief_ ? "" : "\n");
    }

    /// `values` are those of the object's default, which may be others than its options' own.
    std::string options(const std::vector<Param>& params, const Value& values,
                        const std::string& indent, const std::string& owner) {
        std::string text;
        for (const Param& param : params) {
            if (brief_ && !param.required) continue;
            if (!brief_) text += comment(param, indent);
            const Value* own = values.find(param.name);
            text +=
                option(param, own != nullptr ? write_yaml(*own) : param.fallback, indent, owner);
        }
        return text;
    }

    std::string option(const Param& param, const std::string& fallback, const std::string& indent,
                       const std::string& owner) {
        const std::string name = indent + param.name + ":";
        if (param.required) {
            to_fill_in_.push_back(fmt::format("fill in {}{}: {}", owner, param.name, param.doc));
            return name + " " + placeholder(param) + "  # fill in\n";
        }
        Errors ignored;
        const Value value = parse_yaml(fallback, "", ignored);
        if (param.alternatives) {
            const std::string type = value.find("type")->text;
            const auto kinds = param.alternatives();
            return name + "\n" + indent + "  type: " + type + "\n" +
                   options(find_kind(kinds, type).params, value, indent + "  ",
                           owner + param.name + ".");
        }
        if (!param.fields.empty())
            return name + "\n" +
                   options(param.fields, value, indent + "  ", owner + param.name + ".");
        return name + " " + fallback + "\n";
    }

    /// Nodes of whose optional inputs none was found: an option may have to stand in for it.
    std::vector<std::string> unlinked() const {
        std::vector<std::string> notes;
        for (const ChainNode& node : nodes_) {
            std::vector<std::string> missing;
            bool linked = false;
            for (const Port& port : node.spec->inputs) {
                if (!port.optional) continue;
                linked = linked || node.in.find(port.name) != nullptr;
                missing.push_back("'" + port.name + "'");
            }
            if (!linked && !missing.empty())
                notes.push_back(fmt::format("{}: nothing before it fits {}; see its options",
                                            node.id, fmt::join(missing, " or ")));
        }
        return notes;
    }

    std::vector<std::string> unused() const {
        const Plan plan = plan_chain(nodes_);
        std::set<std::string> used;
        for (const PlannedNode& node : plan.nodes)
            for (const auto& links : node.inputs)
                for (const Link& link : links) used.insert(plan.nodes[link.node].id);
        std::vector<std::string> notes;
        for (const PlannedNode& node : plan.nodes) {
            if (node.spec->outputs.empty() || used.contains(node.id)) continue;
            std::vector<std::string> takers;
            for (const auto& [name, spec] : registry())
                if (!spec.inputs.empty() && !spec.inputs[0].optional &&
                    takes(spec.inputs[0], {node.spec->outputs[0].id, node.clocks[0]}))
                    takers.push_back(name);
            notes.push_back(fmt::format("nothing uses '{}' yet{}{}", node.id,
                                        takers.empty() ? "" : "; its output fits ",
                                        fmt::join(takers, ", ")));
        }
        return notes;
    }

    const std::vector<ChainNode>& nodes_;
    bool brief_;
    std::vector<std::string> to_fill_in_;
};

/// The nodes from `spec` to one that gives nothing on; `spec` alone if there is no way.
Bridge way_out(const Spec& spec) {
    if (spec.outputs.empty()) return {&spec};
    const std::vector<Offer> offers = offers_of(spec, Clock::item);
    std::optional<Bridge> best;
    for (const auto& [name, sink] : registry()) {
        if (!sink.outputs.empty() || sink.inputs.empty()) continue;
        if (std::any_of(sink.inputs.begin() + 1, sink.inputs.end(),
                        [](const Port& port) { return !port.optional; }))
            continue;
        const bool fits = std::any_of(
            offers.begin(), offers.end(),
            [&sink = sink](const Offer& offer) { return takes(sink.inputs[0], offer); });
        std::vector<Bridge> ways = {{}};
        if (!fits) ways = find_bridges(offers, sink.inputs[0]);
        if (ways.empty() || (best && best->size() <= ways.front().size() + 2)) continue;
        best = ways.front();
        best->insert(best->begin(), &spec);
        best->push_back(&sink);
    }
    return best.value_or(Bridge{&spec});
}

}  // namespace

std::string modeline() {
    const auto schema = find_shipped("pipelines/schema.json");
    if (!std::filesystem::exists(schema)) return "";
    return "# yaml-language-server: $schema=" + std::filesystem::absolute(schema).string() + "\n";
}

const Spec& find_node(const std::string& name) {
    const auto found = registry().find(name);
    if (found != registry().end()) return found->second;
    std::vector<std::string> names;
    for (const auto& node : registry()) names.push_back(node.first);
    const std::string remedy = did_you_mean(name, names);
    throw ConfigurationError(fmt::format("unknown node '{}'{}", name,
                                         remedy.empty() ? "; `pipeline list` shows all" : remedy));
}

Created create_chain(const std::vector<std::string>& words, bool brief) {
    const auto nodes = link_chain(read_chain(words));
    return Writer(nodes, brief).write(words);
}

std::string example_chain(const Spec& spec) {
    std::vector<std::string> words;
    std::vector<Offer> offers;
    for (const Port& input : spec.inputs) {
        if (input.optional || std::any_of(offers.begin(), offers.end(),
                                          [&](const Offer& offer) { return takes(input, offer); }))
            continue;
        const auto bridges = find_bridges(offers, input);
        if (bridges.empty()) continue;
        for (const Spec* step : bridges.front()) {
            words.push_back(step->name);
            for (const Offer& offer : offers_of(*step, Clock::item)) offers.push_back(offer);
        }
    }
    for (const Spec* step : way_out(spec)) words.push_back(step->name);
    const std::string text = create_chain(words, true).text;
    return text.substr(text.find("version:"));
}

}  // namespace graph
