// Reads and merges files; `include` goes one level deep, so that what a pipeline is stays easy to
// find.
#include "graph/include.hpp"

#include "graph/document.hpp"
#include "graph/params.hpp"
#include "graph/refusal.hpp"
#include "graph/text_file.hpp"

#include <fmt/format.h>

namespace graph {

namespace {

/// More than parse_yaml takes, and no more: the file may be anything.
constexpr size_t max_read = (size_t{1} << 20) + 16;

Value empty_map(const Place& place) {
    Value map;
    map.kind = Value::Kind::map;
    map.place = place;
    return map;
}

/// Puts the entries of `over` in place of, or after, those of `base`; `merge` combines the two.
template <class Merge>
void overlay(Value& base, const Value& over, Merge merge) {
    for (const auto& [key, value] : over.entries) {
        const auto found =
            std::find_if(base.entries.begin(), base.entries.end(),
                         [&name = key.text](const auto& e) { return e.first.text == name; });
        if (found == base.entries.end()) {
            base.entries.emplace_back(key, value);
        } else {
            found->first = key;
            merge(found->second, value);
        }
    }
}
void replace(Value& base, const Value& over) { base = over; }

void merge_maps(Value& base, const Value& over) {
    if (base.kind == Value::Kind::map && over.kind == Value::Kind::map)
        overlay(base, over, replace);
    else
        base = over;
}

void merge_nodes(Value& base, const Value& over) {
    if (over.kind != Value::Kind::map || over.find("op") != nullptr) {
        base = over;
        return;
    }
    Value with = base.find("with") != nullptr ? *base.find("with") : Value();
    overlay(base, over, replace);
    if (const Value* changes = over.find("with"); changes != nullptr && !with.entries.empty()) {
        merge_maps(with, *changes);
        *base.find("with") = with;
    }
}

void merge_pipelines(Value& base, const Value& over) {
    for (const char* own : {"name", "tests"}) *base.find(own) = *over.find(own);
    overlay(*base.find("params"), *over.find("params"), merge_maps);
    overlay(*base.find("run"), *over.find("run"), replace);
    overlay(*base.find("nodes"), *over.find("nodes"), merge_nodes);
    if (over.find("sweep")->kind != Value::Kind::null) *base.find("sweep") = *over.find("sweep");
}

/// One file; its includes are left in the entry "include".
Value read_file(const std::filesystem::path& path, const Place& from, Errors& errors) {
    const Place whole{std::make_shared<const std::string>(path.string()), 0, 0};
    Value root = empty_map(whole);
    const auto section = [](const std::string& name) {
        Value key;
        key.kind = Value::Kind::scalar;
        key.text = name;
        return key;
    };
    for (const char* name : {"name", "params", "run", "nodes", "sweep", "include", "tests"})
        root.entries.emplace_back(section(name), empty_map(whole));
    for (const char* no_map : {"name", "sweep", "include", "tests"})
        root.find(no_map)->kind = Value::Kind::null;

    std::string text;
    try {
        text = read_text_file(path, max_read);
    } catch (const std::system_error& error) {
        if (!is_of_a_path(error.code())) throw;
        errors.add(from, fmt::format("{}{}", error.what(),
                                     from.line > 0 ? "; a path is relative to this file" : ""));
        return root;
    }
    const size_t before = errors.size();
    Value written = parse_yaml(text, path.string(), errors);
    const Place start{whole.file, 1, 1};
    for (auto& section : root.entries) section.second.place = start;
    if (written.kind == Value::Kind::null && errors.size() == before)
        errors.add(start, "the file is empty; a pipeline has 'version: 1' and 'nodes:'");
    else if (written.kind != Value::Kind::map && errors.size() == before)
        errors.add(written.place, "a pipeline is a map, with 'version: 1' and 'nodes:'");
    if (written.kind != Value::Kind::map) return root;

    const std::vector<std::string> keys = {"version", "name",  "params",  "run",
                                           "nodes",   "sweep", "include", "tests"};
    for (const auto& [key, value] : written.entries) {
        int64_t version = 0;
        if (std::find(keys.begin(), keys.end(), key.text) == keys.end()) {
            errors.add(key.place, fmt::format("unknown key '{}' of a pipeline{}", key.text,
                                              did_you_mean(key.text, keys)));
        } else if (key.text == "version") {
            if (!detail::parse(value, version) || version != 1)
                errors.add(value.place,
                           value.text == "1"
                               ? "'version' must be 1, without quotes"
                               : fmt::format("'version' must be 1, not '{}'", value.text));
        } else if (key.text == "name" || key.text == "include" || key.text == "tests" ||
                   value.kind == Value::Kind::map) {
            *root.find(key.text) = value;
        } else if (value.kind != Value::Kind::null) {
            errors.add(value.place,
                       key.text == "nodes"
                           ? "'nodes' must be a map: write each node as 'name: {op: ...}'"
                           : fmt::format("'{}' must be a map: {{name: value, ...}}", key.text));
        }
    }
    if (written.find("version") == nullptr)
        errors.add(written.place, "'version' is missing; begin with 'version: 1'");
    return root;
}

}  // namespace

Value read_pipeline(const std::filesystem::path& path, Errors& errors) {
    const Place whole{std::make_shared<const std::string>(path.string()), 0, 0};
    Value root = read_file(path, whole, errors);
    const Value include = *root.find("include");
    std::vector<Value> files = include.items;
    if (include.kind == Value::Kind::scalar) files = {include};
    if (include.kind == Value::Kind::map)
        errors.add(include.place, "'include' must be a file or a list of files");

    std::optional<Value> merged;
    for (const Value& file : files) {
        if (file.kind != Value::Kind::scalar) {
            errors.add(file.place, "'include' must be a file or a list of files");
            continue;
        }
        const std::filesystem::path included = path.parent_path() / file.text;
        std::error_code ignored;
        if (std::filesystem::equivalent(included, path, ignored)) {
            errors.add(file.place, "the file includes itself; remove this");
            continue;
        }
        Value base = read_file(included, file.place, errors);
        if (const Value* nested = base.find("include"); nested->kind != Value::Kind::null)
            errors.add(nested->place,
                       "an included file must not include others; list them all in the file "
                       "that is run");
        if (merged)
            merge_pipelines(*merged, base);
        else
            merged = base;
    }
    if (!merged) return root;
    merge_pipelines(*merged, root);
    return *merged;
}

}  // namespace graph
