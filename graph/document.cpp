// Puts a pipeline's YAML together: file and includes, then --set, then parameters and variables.
#include "graph/document.hpp"

#include "graph/include.hpp"
#include "graph/overrides.hpp"
#include "graph/params.hpp"
#include "graph/pipeline_params.hpp"
#include "graph/sweep/section.hpp"
#include "graph/testing/test_case.hpp"
#include "graph/variables.hpp"
#include "graph/yaml.hpp"

#include <fmt/format.h>

namespace graph {

namespace {

/// The name makes the run's folder, so it must be one.
std::string read_name(Value name, const std::filesystem::path& path, const Variables& variables,
                      Errors& errors) {
    if (name.kind == Value::Kind::null) return path.stem().string();
    const size_t before = errors.size();
    resolve(name, variables, errors);
    const bool good = name.kind == Value::Kind::scalar && !name.text.empty() &&
                      name.text.find_first_of("/\n") == std::string::npos && name.text[0] != '.';
    if (!good && errors.size() == before)
        errors.add(name.place, "'name' must be a name for a folder, without '/'");
    return name.text;
}

Value string_value(const std::string& text) {
    Value value;
    value.kind = Value::Kind::scalar;
    value.text = text;
    value.quoted = true;
    return value;
}

std::string write_document(const Document& document) {
    std::string text = "version: 1\nname: " + write_yaml(string_value(document.name)) +
                       "\nrun: " + write_yaml(document.run) + "\nnodes:";
    if (document.nodes.entries.empty()) text += " {}";
    for (const auto& [id, node] : document.nodes.entries)
        text += "\n  " + detail::quote(id.text) + ": " + write_yaml(node);
    return text + "\n";
}

}  // namespace

Document load_document(const std::filesystem::path& path, const Overrides& overrides,
                       Errors& errors) {
    Value root = read_pipeline(path, errors);
    for (const auto& text : overrides.sets) apply_override(root, text, errors);

    Document document;
    Variables variables =
        read_pipeline_params(*root.find("params"), overrides.params, document.params, errors);
    document.name = read_name(*root.find("name"), path, variables, errors);
    variables["name"] = string_value(document.name);

    document.run = std::move(*root.find("run"));
    document.nodes = std::move(*root.find("nodes"));
    resolve(document.run, variables, errors);
    resolve(document.nodes, variables, errors);
    document.sweep = std::move(*root.find("sweep"));
    resolve(document.sweep, variables, errors);
    read_sweep(document.sweep, errors);
    document.resolved = write_document(document);
    document.tests = std::move(*root.find("tests"));
    check_tests(document, errors);
    return document;
}

}  // namespace graph
