// See example.hpp.
#include "graph/example.hpp"

#include "graph/create.hpp"
#include "graph/include.hpp"
#include "graph/paths.hpp"
#include "graph/plan.hpp"
#include "graph/variables.hpp"
#include "graph/wrap.hpp"
#include "graph/yaml.hpp"

#include <regex>
#include <set>
#include <tuple>

#include <fmt/format.h>

namespace graph {

namespace {

/// A shipped pipeline with its variables filled in, whatever the environment.
struct Shipped {
    std::string name;
    Value run, nodes;
    Plan plan;
    std::map<std::string, size_t> variables;  // how many each node uses
    std::set<std::string> included;           // nodes written in another file
};

/// "${env:X:-default}" becomes default.
void forget_environment(Value& value) {
    static const std::regex variable(R"(\$\{env:[^}]*?:-([^}]*)\})");
    value.text = std::regex_replace(value.text, variable, "$1");
    for (auto& item : value.items) forget_environment(item);
    for (auto& entry : value.entries) forget_environment(entry.second);
}

size_t count_variables(const Value& value) {
    size_t count = value.text.find("${") != std::string::npos ? 1 : 0;
    for (const auto& item : value.items) count += count_variables(item);
    for (const auto& entry : value.entries) count += count_variables(entry.second);
    return count;
}

std::vector<Shipped> read_shipped() {
    std::vector<Shipped> all;
    for (const auto& path : shipped_pipelines()) {
        Errors errors;
        Value root = read_pipeline(path, errors);
        Shipped shipped;
        shipped.name = path.stem();
        for (const auto& [id, node] : root.find("nodes")->entries) {
            shipped.variables[id.text] = count_variables(node);
            if (id.place.file && *id.place.file != path.string()) shipped.included.insert(id.text);
        }
        Variables variables;
        for (auto& [key, declared] : root.find("params")->entries) {
            Value value = declared.find("default") != nullptr ? *declared.find("default") : Value();
            forget_environment(value);
            const Value* type = declared.find("type");
            value.quoted = type == nullptr ||
                           (type->text != "int" && type->text != "float" && type->text != "bool");
            value.place = {};
            variables["params." + key.text] = value;
        }
        Document document;
        document.nodes = *root.find("nodes");
        forget_environment(document.nodes);
        resolve(document.nodes, variables, errors);
        shipped.run = *root.find("run");
        shipped.nodes = document.nodes;
        shipped.plan = make_plan(document, errors);
        if (errors.empty()) all.push_back(std::move(shipped));
    }
    return all;
}

const std::vector<Shipped>& shipped_graphs() {
    static const std::vector<Shipped> all = read_shipped();
    return all;
}

bool uses(const PlannedNode& user, size_t used) {
    for (const auto& links : user.inputs)
        for (const Link& link : links)
            if (link.node == used) return true;
    return false;
}

/// A node that uses one of the part whose outputs none in it uses; none: all are used.
std::vector<size_t> first_user(const Plan& plan, const std::set<size_t>& part) {
    for (const size_t made : part) {
        if (plan.nodes[made].spec->outputs.empty()) continue;
        if (std::any_of(part.begin(), part.end(),
                        [&, made = made](size_t user) { return uses(plan.nodes[user], made); }))
            continue;
        for (size_t user = made + 1; user < plan.nodes.size(); ++user)
            if (uses(plan.nodes[user], made)) return {user};
    }
    return {};
}

/// The node, all that feeds it, and for each output that nothing would use the first node that
/// does.
std::set<size_t> part_around(const Plan& plan, size_t node) {
    std::set<size_t> part;
    std::vector<size_t> wanted = {node};
    while (!wanted.empty()) {
        const size_t next = wanted.back();
        wanted.pop_back();
        if (part.insert(next).second)
            for (const auto& links : plan.nodes[next].inputs)
                for (const Link& link : links) wanted.push_back(link.node);
        if (wanted.empty()) wanted = first_user(plan, part);
    }
    return part;
}

std::string write_part(const Shipped& shipped, const std::set<size_t>& part) {
    std::string text = "version: 1\n";
    if (const Value* most = shipped.run.find("max_in_flight");
        most != nullptr && most->text != "256")
        text += "run: {max_in_flight: " + most->text + "}\n";
    text += "nodes:\n";
    Value nodes;
    nodes.kind = Value::Kind::map;
    for (const size_t i : part) {
        const auto& id = shipped.plan.nodes[i].id;
        Value key;
        key.kind = Value::Kind::scalar;
        key.text = id;
        nodes.entries.emplace_back(key, *shipped.nodes.find(id));
    }
    return text + write_block(nodes, "  ");
}

}  // namespace

Example find_example(const Spec& spec) {
    const Shipped* best = nullptr;
    size_t best_node = 0;
    std::tuple<bool, bool, size_t, size_t, size_t, size_t> least;
    for (const Shipped& shipped : shipped_graphs())
        for (size_t i = 0; i < shipped.plan.nodes.size(); ++i) {
            if (shipped.plan.nodes[i].spec->name != spec.name) continue;
            const std::string& id = shipped.plan.nodes[i].id;
            const Value* with = shipped.nodes.find(id)->find("with");
            const bool plain = with == nullptr && !spec.params.empty();
            const std::tuple rank{shipped.included.contains(id),
                                  plain,
                                  shipped.variables.at(id),
                                  part_around(shipped.plan, i).size(),
                                  with == nullptr ? 0 : with->entries.size(),
                                  shipped.plan.nodes.size()};
            if (best != nullptr && rank >= least) continue;
            best = &shipped;
            best_node = i;
            least = rank;
        }
    if (best == nullptr) return {"", spec.name, example_chain(spec)};
    return {best->name, best->plan.nodes[best_node].id,
            write_part(*best, part_around(best->plan, best_node))};
}

std::string write_block(const Value& map, const std::string& indent) {
    std::string text;
    for (const auto& [key, value] : map.entries) {
        const std::string name = indent + detail::quote(key.text) + ":";
        const std::string line = name + " " + write_yaml(value);
        if (line.size() <= line_width || value.kind == Value::Kind::scalar ||
            value.kind == Value::Kind::null)
            text += line + "\n";
        else if (value.kind == Value::Kind::map)
            text += name + "\n" + write_block(value, indent + "  ");
        else {
            text += name + "\n";
            for (const Value& item : value.items) text += indent + "  - " + write_yaml(item) + "\n";
        }
    }
    return text;
}

}  // namespace graph
