// `list` and `describe`: loops over the declarations of nodes, options and pipeline parameters.
#include "graph/reference.hpp"

#include "graph/example.hpp"
#include "graph/paths.hpp"
#include "graph/plugins.hpp"
#include "graph/wrap.hpp"
#include "graph/yaml.hpp"

#include <fstream>

#include <fmt/format.h>

namespace graph {

namespace {

std::string facts(const std::string& type, bool required, const std::string& fallback,
                  const std::string& limits) {
    std::string text = type;
    if (required)
        text += ", required";
    else if (!fallback.empty())
        text += ", default " + fallback;
    return limits.empty() ? text : text + ", " + limits;
}

std::string ports_text(const std::string& title, const std::vector<Port>& ports) {
    if (ports.empty()) return "";
    std::vector<Row> rows;
    for (const Port& port : ports)
        rows.push_back({port.name, fmt::format("{} ({})", port.doc, port_note(port))});
    return "\n" + title + "\n" + table(rows, "  ");
}

std::string options_text(const std::vector<Param>& params, const std::string& indent) {
    std::string text;
    for (const Param& param : params) {
        text += wrap(param.name + ": " + facts(param), indent);
        text += wrap(param.doc, indent + "    ");
        text += options_text(param.fields, indent + "    ");
        if (!param.alternatives) continue;
        for (const Alternative& kind : param.alternatives()) {
            text += wrap(fmt::format("type: {} - {}", kind.name, kind.doc), indent + "    ");
            text += options_text(kind.params, indent + "        ");
        }
    }
    return text;
}

/// "train.model", or a list or map of such.
std::string links_text(const Value& in) {
    return in.kind == Value::Kind::null ? "" : write_yaml(in);
}

}  // namespace

std::string facts(const Param& param) {
    return facts(param.type, param.required, param.fallback, limits(param));
}

std::string facts(const PipelineParam& param) {
    return facts(param.type, param.fallback.empty(), param.fallback, param.limits);
}

std::string port_note(const Port& port) {
    std::string note = port.clock == Clock::same
                           ? port.type
                           : fmt::format("{} per {}", port.type, name(port.clock));
    if (port.optional) note += ", optional";
    if (port.many) note += ", a list of links";
    return note;
}

std::string header_comment(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::string text;
    for (std::string line; std::getline(file, line) && line.starts_with("#");) {
        const size_t begin = line.find_first_not_of("# ");
        if (begin == std::string::npos || line.find("yaml-language-server:") == begin) continue;
        text += (text.empty() ? "" : " ") + line.substr(begin);
    }
    return text;
}

std::string first_sentence(const std::string& text) {
    return text.substr(0, std::min(text.find(". "), text.size() - 1) + 1);
}

std::string list_text() {
    std::map<std::string, std::vector<Row>> groups;
    for (const auto& [name, spec] : registry())
        groups[spec.group].push_back({name, spec.doc + plugin_note(name)});
    std::string text = "nodes (pipeline describe NODE)\n";
    for (const auto& [group, rows] : groups) text += "\n" + group + "\n" + table(rows, "  ");
    std::vector<Row> pipelines;
    for (const auto& path : shipped_pipelines())
        pipelines.push_back({path.stem().string(), first_sentence(header_comment(path))});
    if (pipelines.empty()) return text;
    return text + "\npipelines (pipeline describe PIPELINE)\n\n" + table(pipelines, "  ");
}

std::string describe_text(const Spec& spec) {
    std::string text = wrap(fmt::format("{}: {}", spec.name, spec.doc), "");
    if (const auto plugin = plugin_of(spec.name); !plugin.empty())
        text += "from the plugin " + plugin.string() + "\n";
    text += ports_text("inputs", spec.inputs) + ports_text("outputs", spec.outputs);
    if (!spec.params.empty()) text += "\noptions\n" + options_text(spec.params, "  ");
    const Example example = find_example(spec);
    return text + fmt::format("\nexample{}\n\n{}",
                              example.pipeline.empty()
                                  ? ""
                                  : ", a part of the pipeline " + example.pipeline,
                              example.text);
}

std::string describe_text(const std::filesystem::path& path, const Document& document) {
    const std::string about = header_comment(path);
    std::string text = wrap(document.name + (about.empty() ? "" : ": " + about), "");
    if (document.params.empty()) {
        text += "\nno parameters\n";
    } else {
        text += "\nparameters (-p NAME=VALUE)\n";
        for (const PipelineParam& param : document.params) {
            text += wrap(param.name + ": " + facts(param), "  ");
            if (!param.help.empty()) text += wrap(param.help, "      ");
        }
    }
    if (document.nodes.entries.empty()) return text;
    size_t ids = 0, ops = 0;
    const auto op_of = [](const Value& node) {
        const Value* op = node.find("op");
        return op != nullptr ? op->text : "";
    };
    for (const auto& [id, node] : document.nodes.entries) {
        ids = std::max(ids, id.text.size());
        ops = std::max(ops, op_of(node).size());
    }
    text += "\nnodes\n";
    for (const auto& [id, node] : document.nodes.entries) {
        const Value* in = node.find("in");
        std::string line = fmt::format("  {:<{}}  {:<{}}  {}", id.text, ids, op_of(node), ops,
                                       in != nullptr ? "<- " + links_text(*in) : "");
        line.erase(line.find_last_not_of(' ') + 1);
        if (line.size() > line_width) line = line.substr(0, line_width - 3) + "...";
        text += line + "\n";
    }
    return text;
}

}  // namespace graph
