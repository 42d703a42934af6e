// Walks both maps side by side.
#include "graph/differences.hpp"

#include "graph/document.hpp"
#include "graph/refusal.hpp"
#include "graph/text_file.hpp"
#include "graph/yaml.hpp"

#include <fmt/format.h>

namespace graph {

namespace {

std::string joined(const std::string& path, const std::string& name) {
    return path.empty() ? name : path + "." + name;
}

const Value& empty_map() {
    static const Value map = [] {
        Value value;
        value.kind = Value::Kind::map;
        return value;
    }();
    return map;
}

/// Whether the path names a node itself, whose options are below `with`.
bool is_node(const std::string& path) {
    return path.starts_with("nodes.") && path.find('.', 6) == std::string::npos;
}

void compare(const Value* before, const Value* now, const std::string& path,
             std::vector<Difference>& found) {
    // A missing map of options is an empty one; a missing node is a difference of its own.
    const auto is_map = [](const Value* value) { return value && value->kind == Value::Kind::map; };
    if (!is_node(path)) {
        if (!before && is_map(now)) before = &empty_map();
        if (!now && is_map(before)) now = &empty_map();
    }
    if (!is_map(before) || !is_map(now)) {
        const std::string old = before ? write_yaml(*before) : "";
        const std::string fresh = now ? write_yaml(*now) : "";
        if (old != fresh) found.push_back({path, old, fresh});
        return;
    }
    const auto descend = [&](const std::string& name, const Value* a, const Value* b) {
        // Options are set without `with`: nodes.batch.size.
        if (!is_node(path) || name != "with") return compare(a, b, joined(path, name), found);
        for (const auto& [key, value] : (a ? *a : empty_map()).entries)
            compare(&value, b ? b->find(key.text) : nullptr, joined(path, key.text), found);
        for (const auto& [key, value] : (b ? *b : empty_map()).entries)
            if (!a || !a->find(key.text)) compare(nullptr, &value, joined(path, key.text), found);
    };
    for (const auto& [key, value] : before->entries) descend(key.text, &value, now->find(key.text));
    for (const auto& [key, value] : now->entries)
        if (!before->find(key.text)) descend(key.text, nullptr, &value);
}

}  // namespace

std::vector<Difference> differences(const Value& before, const Value& now) {
    std::vector<Difference> found;
    for (const char* section : {"run", "nodes"})
        compare(before.find(section), now.find(section), section, found);
    return found;
}

Value parse_resolved(const std::string& text, const std::string& file) {
    Errors errors;
    Value value = parse_yaml(text, file, errors);
    if (!errors.empty()) throw ConfigurationError(errors);
    return value;
}

Value read_resolved(const std::filesystem::path& file) {
    try {
        return parse_resolved(read_text_file(file), file.string());
    } catch (const std::system_error&) {
        throw_refusal();
    }
}

}  // namespace graph
