// Draws a plan as text for Graphviz or Mermaid.
#include "graph/diagram.hpp"

#include <fmt/format.h>

namespace graph {

namespace {

std::string replace_all(std::string text, const std::string& what, const std::string& with) {
    for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at))
        text.replace(at, what.size(), with), at += with.size();
    return text;
}
std::string for_dot(const std::string& text) {
    return replace_all(replace_all(text, "\\", "\\\\"), "\"", "\\\"");
}
std::string for_mermaid(const std::string& text) {
    std::string escaped;
    for (const char c : text)  // its entities are HTML's, with # for &
        escaped += std::string_view("\"#&<>;|").find(c) == std::string_view::npos
                       ? std::string(1, c)
                       : fmt::format("#{};", static_cast<int>(c));
    return escaped;
}

/// "image 1x128x128" and "per item"; the names of the ports, where a node has several.
struct Edge {
    const PlannedNode& from;
    const PlannedNode& to;
    std::string what, clock;
};

std::vector<Edge> find_edges(const Plan& plan) {
    std::vector<Edge> edges;
    for (const PlannedNode& node : plan.nodes)
        for (const auto& links : node.inputs)
            for (const Link& link : links) {
                const PlannedNode& from = plan.nodes[link.node];
                const Port& port = from.spec->outputs[link.port];
                std::string what = from.spec->outputs.size() > 1 && port.name != port.type
                                       ? fmt::format("{}: {}", port.name, port.type)
                                       : port.type;
                if (const Shape& shape = from.shapes[link.port]; !shape.empty())
                    what += fmt::format(" {}", text(shape));
                edges.push_back(
                    {from, node, what, fmt::format("per {}", name(from.clocks[link.port]))});
            }
    return edges;
}

}  // namespace

std::string dot_text(const Plan& plan) {
    std::string text = fmt::format(
        "digraph \"{}\" {{\n    node [shape=box, fontname=sans];\n    edge [fontname=sans, "
        "fontsize=10];\n",
        for_dot(plan.name));
    for (const PlannedNode& node : plan.nodes)
        text += fmt::format("    \"{0}\" [label=\"{0}\\n{1}\"];\n", for_dot(node.id),
                            for_dot(node.spec->name));
    for (const Edge& edge : find_edges(plan))
        text += fmt::format("    \"{}\" -> \"{}\" [label=\"{}\\n{}\"];\n", for_dot(edge.from.id),
                            for_dot(edge.to.id), for_dot(edge.what), for_dot(edge.clock));
    return text + "}\n";
}

std::string mermaid_text(const Plan& plan) {
    // Some names, such as `end`, mean something to Mermaid: hence the n_.
    std::string text = "flowchart TD\n";
    for (const PlannedNode& node : plan.nodes)
        text += fmt::format("    n_{}[\"{}<br/>{}\"]\n", node.id, for_mermaid(node.id),
                            for_mermaid(node.spec->name));
    for (const Edge& edge : find_edges(plan))
        text += fmt::format("    n_{} -->|\"{}<br/>{}\"| n_{}\n", edge.from.id,
                            for_mermaid(edge.what), for_mermaid(edge.clock), edge.to.id);
    return text;
}

}  // namespace graph
