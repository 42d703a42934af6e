// Reads what a node's `in` says: `node`, `node.port`, or a map from its inputs to those.
#include "graph/planning.hpp"

#include <unordered_map>

#include <fmt/format.h>

namespace graph {

namespace {

std::vector<std::string> port_names(const std::vector<Port>& ports) {
    std::vector<std::string> names;
    names.reserve(ports.size());
    for (const Port& port : ports) names.push_back(port.name);
    return names;
}

/// The index of a port, or nothing.
std::optional<size_t> find_port(const std::vector<Port>& ports, const std::string& name) {
    for (size_t i = 0; i < ports.size(); ++i)
        if (ports[i].name == name) return i;
    return {};
}

class Linker {
  public:
    Linker(std::vector<Draft>& drafts, Errors& errors) : drafts_(drafts), errors_(errors) {
        for (const Draft& draft : drafts) {
            numbers_.emplace(draft.node.id, ids_.size());
            ids_.push_back(draft.node.id);
        }
    }

    void link(Draft& draft) {
        const Spec& spec = *draft.node.spec;
        const Value& in = draft.in;
        given_.assign(spec.inputs.size(), false);
        misnamed_ = false;
        if (spec.inputs.empty()) {
            if (in.kind != Value::Kind::null)
                errors_.add(
                    in.place,
                    fmt::format("'{}' is a source and takes no input; remove 'in'", spec.name));
            return;
        }
        if (in.kind == Value::Kind::map) {
            for (const auto& [key, value] : in.entries) {
                if (const auto port = find_port(spec.inputs, key.text))
                    add_links(draft, *port, value);
                else {
                    misnamed_ = true;
                    errors_.add(key.place, unknown("input", key.text, spec.name, spec.inputs));
                }
            }
        } else if (in.kind != Value::Kind::null) {
            const auto port = only_input(spec);
            if (!port) {
                for (const Port& input : spec.inputs) draft.unfed.push_back(&input);
                return errors_.add(
                    in.place,
                    fmt::format("{} has the inputs {}; write in: {{{}: ..., ...}}", spec.name,
                                fmt::join(port_names(spec.inputs), ", "), spec.inputs[0].name));
            }
            add_links(draft, *port, in);
        }
        for (size_t i = 0; i < spec.inputs.size(); ++i) {
            const Port& port = spec.inputs[i];
            if (draft.node.inputs[i].empty() && (given_[i] || !port.optional))
                draft.unfed.push_back(&port);
            // Where another input or key is not known, this may be the one that was meant.
            if (given_[i] || port.optional || misnamed_ ||
                (draft.is_garbled && in.kind == Value::Kind::null))
                continue;
            errors_.add(in.kind == Value::Kind::map ? in.place : draft.node.place,
                        fmt::format("input '{}' of {} is missing; it takes type {}{}", port.name,
                                    spec.name, port.type, makers(draft, port)));
        }
    }

  private:
    /// Nodes that could feed an input.
    std::string makers(const Draft& draft, const Port& input) const {
        std::vector<std::string> found;
        for (const Draft& other : drafts_) {
            if (other.node.spec == nullptr || other.node.id == draft.node.id) continue;
            for (const Port& output : other.node.spec->outputs)
                if (output.id == input.id && found.size() < 5) found.push_back(other.node.id);
        }
        if (found.empty()) {
            for (const auto& [name, spec] : registry())
                if (!spec.outputs.empty() && spec.outputs[0].id == input.id && found.size() < 5)
                    found.push_back("'" + name + "'");
            return found.empty() ? "" : fmt::format("; put a {} before", fmt::join(found, " or "));
        }
        return fmt::format(", which {} make{}", fmt::join(found, ", "),
                           found.size() == 1 ? "s" : "");
    }

    /// Where a link that names no input goes.
    static std::optional<size_t> only_input(const Spec& spec) {
        if (spec.inputs.size() == 1) return 0;
        std::optional<size_t> only;
        for (size_t i = 0; i < spec.inputs.size(); ++i) {
            if (spec.inputs[i].optional) continue;
            if (only) return {};
            only = i;
        }
        return only;
    }

    static std::string unknown(const std::string& what, const std::string& given,
                               const std::string& owner, const std::vector<Port>& ports) {
        const auto names = port_names(ports);
        if (names.empty()) return fmt::format("'{}' has no {}s", owner, what);
        std::string remedy = did_you_mean(given, names);
        if (remedy.empty()) remedy = fmt::format("; there is {}", fmt::join(names, ", "));
        return fmt::format("'{}' has no {} '{}'{}", owner, what, given, remedy);
    }

    void add_links(Draft& draft, size_t port, const Value& value) {
        given_[port] = true;
        const Port& input = draft.node.spec->inputs[port];
        if (value.kind == Value::Kind::scalar) return add_link(draft, port, value);
        const bool fits = value.kind == Value::Kind::list && input.many && !value.items.empty();
        if (!fits)
            return errors_.add(value.place,
                               fmt::format("input '{}' of {} takes {}, written node or node.port",
                                           input.name, draft.node.spec->name,
                                           input.many ? "a link or a list of links" : "one link"));
        for (const Value& item : value.items) {
            if (item.kind == Value::Kind::scalar)
                add_link(draft, port, item);
            else
                errors_.add(item.place, "a link is written node or node.port");
        }
    }

    void add_link(Draft& draft, size_t port, const Value& value) {
        const size_t dot = value.text.find('.');
        const std::string id = value.text.substr(0, dot);
        const auto found = numbers_.find(id);
        if (found == numbers_.end())
            return errors_.add(value.place,
                               fmt::format("unknown node '{}'{}", id, did_you_mean(id, ids_)));
        Link link;
        link.node = found->second;
        link.place = value.place;
        if (const Spec* from = drafts_[link.node].node.spec) {
            const bool named = dot != std::string::npos;
            const auto output = named ? find_port(from->outputs, value.text.substr(dot + 1)) : 0;
            if (!output || from->outputs.empty())
                return errors_.add(
                    value.place,
                    unknown("output", named ? value.text.substr(dot + 1) : "", id, from->outputs));
            link.port = *output;
        }
        draft.node.inputs[port].push_back(link);
    }

    std::vector<Draft>& drafts_;
    Errors& errors_;
    std::vector<std::string> ids_;
    std::unordered_map<std::string, size_t> numbers_;  // of the nodes, by id
    std::vector<bool> given_;                          // inputs of the node that is being linked
    bool misnamed_ = false;                            // it names one that there is not
};

}  // namespace

void link_nodes(std::vector<Draft>& drafts, Errors& errors) {
    Linker linker(drafts, errors);
    for (Draft& draft : drafts)
        if (draft.node.spec != nullptr) linker.link(draft);
}

}  // namespace graph
