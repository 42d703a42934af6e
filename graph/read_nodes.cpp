// Reads the section `nodes`: each node's op, options and what it does on errors.
#include "graph/node_id.hpp"
#include "graph/planning.hpp"
#include "graph/raw_param.hpp"

#include <fmt/format.h>

namespace graph {

namespace {

struct WrittenNode {
    std::string op;
    Value in;
    Value with;
    std::string on_error;
    std::string when = "every_epoch";
};

const std::vector<std::string> on_error_names = {"quarantine", "abort", "retry"};  // as OnError

const Spec* find_spec(const Value& op, Errors& errors) {
    const auto found = registry().find(op.text);
    if (found != registry().end()) return &found->second;
    std::vector<std::string> names;
    for (const auto& node : registry()) names.push_back(node.first);
    std::string remedy = did_you_mean(op.text, names);
    if (remedy.empty()) remedy = "; `pipeline list` shows all";
    errors.add(op.place, fmt::format("unknown op '{}'{}", op.text, remedy));
    return nullptr;
}

/// Takes out options that stand beside `with`, a mistake that deserves a better remedy.
void check_misplaced(Value& node, const Spec& spec, Errors& errors) {
    std::erase_if(node.entries, [&](const auto& entry) {
        const auto& [key, value] = entry;
        const bool misplaced =
            !is_node_key(key.text) &&
            std::any_of(spec.params.begin(), spec.params.end(),
                        [&name = key.text](const Param& param) { return param.name == name; });
        if (misplaced)
            errors.add(key.place, fmt::format("'{0}' is an option of {1}; write with: {{{0}: ...}}",
                                              key.text, spec.name));
        return misplaced;
    });
}

Draft read_node(const Value& id, Value node, Errors& errors) {
    Draft draft;
    draft.node.id = id.text;
    draft.node.place = id.place;
    if (const std::string fault = check_id(id.text); !fault.empty()) errors.add(id.place, fault);
    if (const Value* op = node.find("op")) draft.node.spec = find_spec(*op, errors);
    const Spec* spec = draft.node.spec;
    if (spec != nullptr) check_misplaced(node, *spec, errors);

    WrittenNode written;
    node.place = id.place;  // of an op that is missing
    const size_t known = errors.size();
    set_params(node_params(), &written, node, "node '" + id.text + "'", errors);
    draft.is_garbled = errors.size() > known;
    draft.in = written.in;
    draft.says_on_error = !written.on_error.empty();
    for (size_t i = 0; i < on_error_names.size(); ++i)
        if (on_error_names[i] == written.on_error) draft.node.on_error = static_cast<OnError>(i);
    draft.node.last_epoch_only = written.when == "last_epoch";
    if (spec == nullptr) return draft;

    draft.node.inputs.resize(spec->inputs.size());
    draft.node.clocks.resize(spec->outputs.size(), Clock::same);
    draft.node.streams.resize(spec->outputs.size());
    draft.node.shapes.resize(spec->outputs.size());
    draft.node.marks.resize(spec->outputs.size());
    const size_t before = errors.size();
    auto params = spec->make_params();
    if (node.find("with") == nullptr) written.with.place = id.place;
    set_params(spec->params, params.get(), written.with, spec->name, errors);
    if (errors.size() == before) draft.node.params = std::move(params);
    return draft;
}

}  // namespace

const std::vector<Param>& node_params() {
    static const std::vector<Param> params = {
        required(param("op", &WrittenNode::op, "the kind of node; `pipeline list` shows them")),
        raw_param("in", &WrittenNode::in, "where its messages come from"),
        raw_param("with", &WrittenNode::with, "its options"),
        param("on_error", &WrittenNode::on_error, Choice{on_error_names}, "when an item fails"),
        param("when", &WrittenNode::when, Choice{{"every_epoch", "last_epoch"}}, "how often"),
    };
    return params;
}

bool is_node_key(const std::string& key) {
    const auto& keys = node_params();
    return std::any_of(keys.begin(), keys.end(), [&](const Param& p) { return p.name == key; });
}

std::vector<Draft> read_nodes(const Value& nodes, Errors& errors) {
    std::vector<Draft> drafts;
    for (const auto& [id, node] : nodes.entries) drafts.push_back(read_node(id, node, errors));
    return drafts;
}

}  // namespace graph
