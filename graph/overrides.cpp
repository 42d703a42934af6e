// Follows the path of a `--set` into the parsed pipeline, and puts the value there.
#include "graph/overrides.hpp"

#include "graph/document.hpp"
#include "graph/params.hpp"
#include "graph/pipeline_params.hpp"
#include "graph/planning.hpp"
#include "graph/yaml.hpp"

#include <fmt/format.h>

namespace graph {

namespace {

void set_places(Value& value, const Place& place) {
    value.place = place;
    for (auto& item : value.items) set_places(item, place);
    for (auto& [key, item] : value.entries) {
        key.place = place;
        set_places(item, place);
    }
}

/// The item of a list, from 0; the number after the last adds one.
Value* item(Value& list, const std::string& number) {
    int64_t index = -1;
    if (!detail::parse(scalar(number), index) || index < 0 || index > std::ssize(list.items))
        return nullptr;
    if (index == std::ssize(list.items)) list.items.emplace_back();
    return &list.items[static_cast<size_t>(index)];
}

/// The entry of a map; what is no map becomes one. `model: gan` is short for `model: {type: gan}`.
Value& entry(Value& map, const std::string& name, const Place& place) {
    if (map.kind == Value::Kind::list)
        if (Value* found = item(map, name)) return *found;
    if (map.kind == Value::Kind::scalar) {
        Value type = map;
        Value key = map;
        key.text = "type";
        map.entries = {{key, type}};
    }
    if (map.kind != Value::Kind::map) {
        map.kind = Value::Kind::map;
        map.text.clear();
        map.items.clear();
    }
    if (Value* found = map.find(name)) return *found;
    Value key;
    key.kind = Value::Kind::scalar;
    key.text = name;
    key.place = place;
    Value value;
    value.place = map.place;
    map.entries.emplace_back(key, value);
    return map.entries.back().second;
}

/// The path in full: options of a node may be named without `with`. Empty after an error.
std::vector<std::string> full_path(const Value& root, const std::string& path, const Place& place,
                                   Errors& errors) {
    auto wrong = [&](std::string message) {
        errors.add(place, std::move(message));
        return std::vector<std::string>();
    };
    std::vector<std::string> parts = split_path(path);
    for (const auto& part : parts)
        if (part.empty()) return wrong("a name is missing; write nodes.NODE.OPTION=value");
    if (parts[0] == "params" && parts.size() > 1)
        return wrong(fmt::format("give a parameter with -p {}=...", parts[1]));
    if (parts[0] == "run" && parts.size() < 2) return wrong("write run.SETTING=value");
    if (parts[0] == "run" || path == "name") return parts;
    if (parts[0] != "nodes")
        return wrong(
            fmt::format("'{}' cannot be set; write nodes.NODE.OPTION, run.SETTING or name{}",
                        parts[0], did_you_mean(parts[0], {"nodes", "run", "name"})));
    if (parts.size() < 2) return wrong("write nodes.NODE.OPTION=value");
    const Value* nodes = root.find("nodes");
    const bool is_new = nodes == nullptr || nodes->find(parts[1]) == nullptr;
    if (parts.size() == 2 || (is_new && parts.size() == 3 && parts[2] == "op")) return parts;
    if (is_new) {
        std::vector<std::string> names;
        if (nodes != nullptr)
            for (const auto& node : nodes->entries) names.push_back(node.first.text);
        return wrong(fmt::format("unknown node '{}'{}", parts[1], did_you_mean(parts[1], names)));
    }
    if (!is_node_key(parts[2])) parts.insert(parts.begin() + 2, "with");
    return parts;
}

}  // namespace

std::vector<std::string> split_path(const std::string& path) {
    std::vector<std::string> parts;
    for (size_t begin = 0; begin <= path.size();) {
        const size_t end = std::min(path.find('.', begin), path.size());
        parts.push_back(path.substr(begin, end - begin));
        begin = end + 1;
    }
    return parts;
}

void apply_override(Value& root, const std::string& text, Errors& errors) {
    const Place place{std::make_shared<const std::string>("--set " + text), 0, 0};
    const auto assignment = split_assignment(text, place, errors);
    if (!assignment) return;
    const auto path = full_path(root, assignment->first, place, errors);
    if (path.empty()) return;

    Errors syntax;
    Value value = parse_yaml(assignment->second, "", syntax);
    for (const auto& error : syntax.all()) errors.add(place, error.message);
    set_places(value, place);

    if (path.size() == 2 && path[0] == "nodes") {
        if (value.kind == Value::Kind::null) {
            const size_t removed =
                std::erase_if(root.find("nodes")->entries,
                              [&](const auto& node) { return node.first.text == path[1]; });
            if (removed == 0) errors.add(place, fmt::format("there is no node '{}'", path[1]));
            return;
        }
        if (value.kind != Value::Kind::map)
            return errors.add(place,
                              "write nodes.NODE.OPTION=value, or a whole node: {op: ...}; "
                              "null removes it");
    }
    Value* target = &root;
    for (const auto& part : path) target = &entry(*target, part, place);
    *target = value;
}

}  // namespace graph
