// Walks both maps side by side.
#include "graph/differences.hpp"

#include "graph/document.hpp"
#include "graph/yaml.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

namespace graph {

namespace {

std::string joined(const std::string& path, const std::string& name) {
    return path.empty() ? name : path + "." + name;
}

void compare(const Value* before, const Value* now, const std::string& path,
             std::vector<Difference>& found) {
    const bool maps =
        before && now && before->kind == Value::Kind::map && now->kind == Value::Kind::map;
    if (!maps) {
        const std::string old = before ? write_yaml(*before) : "",
                          fresh = now ? write_yaml(*now) : "";
        if (old != fresh) found.push_back({path, old, fresh});
        return;
    }
    // Options are set without `with`: nodes.batch.size.
    const auto below = [&](const std::string& name) {
        const bool node = path.starts_with("nodes.") && path.find('.', 6) == std::string::npos;
        return node && name == "with" ? path : joined(path, name);
    };
    const Value nothing = [] {
        Value map;
        map.kind = Value::Kind::map;
        return map;
    }();
    const auto descend = [&](const std::string& name, const Value* a, const Value* b) {
        const std::string path_below = below(name);
        if (path_below == path)  // a missing `with` is an empty one
            compare(a ? a : &nothing, b ? b : &nothing, path_below, found);
        else
            compare(a, b, path_below, found);
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
    std::ifstream in(file, std::ios::binary);
    if (!in)
        throw ConfigurationError(
            fmt::format("cannot read {}: {}", file.string(), std::strerror(errno)));
    return parse_resolved({std::istreambuf_iterator<char>(in), {}}, file.string());
}

}  // namespace graph
