// What ran, drawn, and on what data.
#include "graph/report/html.hpp"
#include "graph/report/sections.hpp"
#include "graph/yaml.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace graph::report {
namespace {

std::string items_of(const SourceItems& source) {
    auto splits = source.splits;
    std::stable_partition(splits.begin(), splits.end(),
                          [](const auto& split) { return split.first == "train"; });
    std::string text = whole_number(source.items) + " items";
    for (size_t i = 0; i < splits.size(); ++i)
        text += fmt::format("{} {} {}", i == 0 ? ":" : ",", escape(splits[i].first),
                            whole_number(splits[i].second));
    return text;
}

/// The options that the source was given, one a line.
std::string options_of(const Record& record, const std::string& id) {
    const Value* const node = record.nodes.find(id);
    const Value* const with = node ? node->find("with") : nullptr;
    std::string text;
    if (with)
        for (const auto& [name, value] : with->entries)
            text += fmt::format(
                "{}<span class=note>{}</span> {}", text.empty() ? "" : "<br>", escape(name.text),
                escape(value.kind == Value::Kind::scalar ? value.text : write_yaml(value)));
    return text;
}

}  // namespace

std::string graph_part(const Record& record) {
    const std::string drawing = to_svg(record.sketch);
    return drawing.empty() ? "" : "<div class=wide tabindex=0>" + drawing + "</div>\n";
}

std::string data_part(const Record& record) {
    std::string text;
    for (const auto& node : record.sketch.nodes) {
        if (!node.links.empty()) continue;
        const auto& known = record.status.sources;
        const auto source = std::find_if(known.begin(), known.end(),
                                         [&](const auto& other) { return other.id == node.id; });
        text += fmt::format("<h3>{} <span class=note>{}</span></h3>\n", escape(node.id),
                            escape(node.op == node.id ? "" : node.op));
        if (source != known.end()) text += "<p>" + items_of(*source) + "</p>\n";
        if (const std::string options = options_of(record, node.id); !options.empty())
            text += "<p>" + options + "</p>\n";
    }
    return text;
}

}  // namespace graph::report
