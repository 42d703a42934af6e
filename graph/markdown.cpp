// See markdown.hpp. Nothing in it depends on the machine or its environment.
#include "graph/markdown.hpp"

#include "graph/document.hpp"
#include "graph/example.hpp"
#include "graph/include.hpp"
#include "graph/paths.hpp"
#include "graph/reference.hpp"
#include "graph/yaml.hpp"

#include <fmt/format.h>

namespace graph {

namespace {

/// As text of a table's cell.
std::string cell(const std::string& text) {
    std::string safe;
    for (const char c : text)
        if (c == '\n')
            safe += ' ';
        else if (std::string_view("|<>*_[]\\").find(c) != std::string_view::npos)
            safe += std::string("\\") + c;
        else
            safe += c;
    return safe;
}
/// The same, in the font of code, where only the bar means something.
std::string code(const std::string& text) {
    std::string safe;
    for (const char c : text) safe += c == '|' ? "\\|" : std::string(1, c);
    return text.empty() ? "" : "`" + safe + "`";
}

std::string ports_text(const std::string& title, const std::vector<Port>& ports) {
    if (ports.empty()) return "";
    std::string text = fmt::format("\n| {} | takes | |\n|---|---|---|\n", title);
    if (title == "output") text = "\n| output | gives | |\n|---|---|---|\n";
    for (const Port& port : ports)
        text += fmt::format("| {} | {} | {} |\n", code(port.name), cell(port_note(port)),
                            cell(port.doc));
    return text;
}

/// Some pipelines are called like nodes.
std::string pipeline_link(const std::string& name) {
    return fmt::format("[{0}](#pipeline-{0})", name);
}

/// Rows of a table; options within options are written model.width.
std::string rows_of(const std::vector<Param>& params, const std::string& owner) {
    std::string text;
    for (const Param& param : params) {
        std::string type = param.type;
        if (const auto range = limits(param); !range.empty()) type += ", " + range;
        const bool object = !param.fields.empty();
        text += fmt::format("| {} | {} | {} | {} |\n", code(owner + param.name), cell(type),
                            param.required ? "required"
                            : object       ? ""
                                           : code(param.fallback),
                            cell(param.doc));
        text += rows_of(param.fields, owner + param.name + ".");
    }
    return text;
}

const std::string header = "|---|---|---|---|\n";

/// A table for each kind that an option may be: `model: {type: gan}`.
std::string kinds_of(const std::vector<Param>& params, const std::string& owner) {
    std::string text;
    for (const Param& param : params) {
        text += kinds_of(param.fields, owner + param.name + ".");
        if (!param.alternatives) continue;
        for (const Alternative& kind : param.alternatives()) {
            text += fmt::format("\n`{}{}: {{type: {}}}`: {}\n", owner, param.name, kind.name,
                                cell(kind.doc));
            if (!kind.params.empty())
                text += "\n| option | type | default | |\n" + header + rows_of(kind.params, "");
            text += kinds_of(kind.params, owner + param.name + ".");
        }
    }
    return text;
}

std::string pipeline_text(const std::filesystem::path& path) {
    std::string text =
        fmt::format("\n### pipeline {}\n\n{}\n", path.stem().string(), header_comment(path));
    Errors errors;
    const Value root = read_pipeline(path, errors);
    const auto& params = root.find("params")->entries;
    if (params.empty()) return text;
    text += "\n| parameter | type | default | |\n" + header;
    for (const auto& [key, declared] : params) {
        const auto field = [&declared = declared](const std::string& name) {
            const Value* found = declared.find(name);
            if (found == nullptr) return std::string();
            return found->kind == Value::Kind::list ? write_yaml(*found) : found->text;
        };
        std::string type = field("type");
        if (const auto least = field("min"); !least.empty()) type += ", at least " + least;
        if (const auto most = field("max"); !most.empty()) type += ", at most " + most;
        if (const auto choices = field("choices"); !choices.empty()) type += " of " + choices;
        const bool required = declared.find("default") == nullptr;
        text += fmt::format("| {} | {} | {} | {} |\n", code(key.text), cell(type),
                            required ? "required" : code(field("default")), cell(field("help")));
    }
    return text;
}

}  // namespace

std::string markdown_text(const Spec& spec) {
    const Example example = find_example(spec);
    std::string text = fmt::format("\n### {}\n\n{}\n", spec.name, spec.doc);
    text += ports_text("input", spec.inputs) + ports_text("output", spec.outputs);
    if (!spec.params.empty())
        text += "\n| option | type | default | |\n" + header + rows_of(spec.params, "");
    text += kinds_of(spec.params, "");
    const std::string from =
        example.pipeline.empty() ? "" : fmt::format(", from {}", pipeline_link(example.pipeline));
    return text + fmt::format("\nExample{}:\n\n```yaml\n{}```\n", from, example.text);
}

std::string markdown_text() {
    std::map<std::string, std::vector<const Spec*>> groups;
    for (const auto& [name, spec] : registry()) groups[spec.group].push_back(&spec);
    std::string text =
        "# Nodes and pipelines\n\nWritten by `pipeline describe --markdown > docs/nodes.md`; a "
        "test "
        "holds it against the program. `pipeline describe NAME` says the same in a terminal.\n\n";
    for (const auto& [group, specs] : groups) {
        text += "- " + group + ":";
        for (const Spec* spec : specs) text += fmt::format(" [{0}](#{0})", spec->name);
        text += "\n";
    }
    text += "- [pipelines](#pipelines):";
    for (const auto& path : shipped_pipelines()) text += " " + pipeline_link(path.stem());
    text += "\n";
    for (const auto& [group, specs] : groups) {
        text += fmt::format("\n## {}\n", group);
        for (const Spec* spec : specs) text += markdown_text(*spec);
    }
    text += "\n## pipelines\n\nParameters are given with `-p NAME=VALUE`.\n";
    for (const auto& path : shipped_pipelines()) text += pipeline_text(path);
    return text;
}

}  // namespace graph
