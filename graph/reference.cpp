// `list` and `describe`: loops over the declarations of nodes, options and pipeline parameters.
#include "graph/reference.hpp"

#include "graph/paths.hpp"
#include "graph/plugins.hpp"

#include <fstream>

#include <fmt/format.h>

namespace graph {

namespace {

struct Row {
    std::string left, right;
};

/// Two columns; the left one as wide as it needs to be.
std::string table(const std::vector<Row>& rows, const std::string& indent) {
    size_t width = 0;
    for (const Row& row : rows) width = std::max(width, row.left.size());
    std::string text;
    for (const Row& row : rows) {
        std::string line = fmt::format("{}{:<{}}  {}", indent, row.left, width, row.right);
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + "\n";
    }
    return text;
}

std::string ports_text(const std::string& title, const std::vector<Port>& ports) {
    if (ports.empty()) return "";
    std::vector<Row> rows;
    for (const Port& port : ports) {
        std::string note = port.clock == Clock::same
                               ? port.type
                               : fmt::format("{} per {}", port.type, name(port.clock));
        if (port.optional) note += ", optional";
        if (port.many) note += ", a list of links";
        rows.push_back({port.name, fmt::format("{} ({})", port.doc, note)});
    }
    return "\n" + title + "\n" + table(rows, "  ");
}

/// "integer, default 8, at least 1"
std::string facts(const std::string& type, bool required, const std::string& fallback,
                  const std::string& limits) {
    std::string text = type + (required ? ", required" : ", default " + fallback);
    return limits.empty() ? text : text + ", " + limits;
}

std::string options_text(const std::vector<Param>& params, const std::string& indent) {
    std::string text;
    for (const Param& param : params) {
        text += fmt::format("{}{}  {}\n{}    {}\n", indent, param.name,
                            facts(param.type, param.required, param.fallback, limits(param)),
                            indent, param.doc);
        text += options_text(param.fields, indent + "    ");
        if (!param.alternatives) continue;
        for (const Alternative& kind : param.alternatives()) {
            text += fmt::format("{}    type: {}  {}\n", indent, kind.name, kind.doc);
            text += options_text(kind.params, indent + "        ");
        }
    }
    return text;
}

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

/// The comment that a pipeline's file begins with.
std::string first_comment(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    const size_t begin = line.find_first_not_of("# ");
    return line.starts_with("#") && begin != std::string::npos ? line.substr(begin) : "";
}

}  // namespace

std::string example_text(const Spec& spec) {
    std::string links;
    for (const Port& port : spec.inputs)
        if (!port.optional)
            links += fmt::format("{}{}: {}", links.empty() ? "" : ", ", port.name, "NODE");
    if (links.find(',') == std::string::npos && !links.empty()) links = "NODE";
    if (links.find(',') != std::string::npos) links = "{" + links + "}";
    std::string options;
    for (const Param& param : spec.params)
        options += fmt::format("{}{}: {}", options.empty() ? "" : ", ", param.name,
                               param.required ? placeholder(param) : param.fallback);
    return fmt::format("{{op: {}{}{}}}", spec.name, links.empty() ? "" : ", in: " + links,
                       options.empty() ? "" : ", with: {" + options + "}");
}

std::string list_text() {
    std::map<std::string, std::vector<Row>> groups;
    for (const auto& [name, spec] : registry())
        groups[spec.group].push_back({name, spec.doc + plugin_note(name)});
    std::string text = "nodes (pipeline describe NODE)\n";
    for (const auto& [group, rows] : groups) text += "\n" + group + "\n" + table(rows, "  ");
    std::vector<Row> pipelines;
    for (const auto& path : shipped_pipelines())
        pipelines.push_back({path.stem().string(), first_comment(path)});
    if (pipelines.empty()) return text;
    return text + "\npipelines (pipeline describe PIPELINE)\n\n" + table(pipelines, "  ");
}

std::string describe_text(const Spec& spec) {
    std::string text = fmt::format("{}: {}\n", spec.name, spec.doc);
    if (const auto plugin = plugin_of(spec.name); !plugin.empty())
        text += "from the plugin " + plugin.string() + "\n";
    text += ports_text("inputs", spec.inputs) + ports_text("outputs", spec.outputs);
    if (!spec.params.empty()) text += "\noptions\n" + options_text(spec.params, "  ");
    return text + fmt::format("\nexample, with every option at its default\n  {}: {}\n", spec.name,
                              example_text(spec));
}

std::string describe_text(const Document& document) {
    std::string text = document.name + "\n";
    if (document.params.empty()) return text + "\nno parameters\n";
    text += "\nparameters (-p NAME=VALUE)\n";
    for (const PipelineParam& param : document.params)
        text += fmt::format("  {}  {}\n    {}\n", param.name,
                            facts(param.type, param.fallback.empty(), param.fallback, param.limits),
                            param.help);
    return text;
}

}  // namespace graph
