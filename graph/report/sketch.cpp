// Makes sketches, from a plan or from YAML; see sketch.hpp.
#include "graph/report/sketch.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace graph::report {

Sketch make_sketch(const Plan& plan) {
    Sketch sketch;
    for (const PlannedNode& node : plan.nodes) {
        Sketch::Node drawn{node.id, node.spec->name, {}, {}};
        for (size_t i = 0; i < node.spec->outputs.size(); ++i) {
            const Port& port = node.spec->outputs[i];
            drawn.sends += (i > 0 ? ", " : "") + port.type;
            if (!node.shapes[i].empty()) drawn.sends += " " + text(node.shapes[i]);
            if (node.spec->outputs.size() == 1)
                drawn.sends += fmt::format(" per {}", name(node.clocks[i]));
        }
        for (const auto& links : node.inputs)
            for (const Link& link : links) {
                const Port& port = plan.nodes[link.node].spec->outputs[link.port];
                drawn.links.push_back({link.node, port.name, port.type});
            }
        sketch.nodes.push_back(std::move(drawn));
    }
    return sketch;
}

namespace {

/// The texts of a link, a list of links or a map of them.
void find_links(const Value& in, std::vector<std::string>& links) {
    if (in.kind == Value::Kind::scalar) links.push_back(in.text);
    for (const Value& item : in.items) find_links(item, links);
    for (const auto& entry : in.entries) find_links(entry.second, links);
}

}  // namespace

Sketch make_sketch(const Value& nodes) {
    struct Draft {
        std::string id, op;
        std::vector<std::string> links;
        bool placed = false;
    };
    std::vector<Draft> drafts;
    std::map<std::string, bool> known;
    for (const auto& [id, node] : nodes.entries) {
        const Value* const op = node.find("op");
        drafts.push_back({id.text, op ? op->text : "", {}, false});
        if (const Value* const in = node.find("in")) find_links(*in, drafts.back().links);
        known[id.text] = true;
    }
    Sketch sketch;
    std::map<std::string, size_t> places;
    const auto sender = [](const std::string& link) { return link.substr(0, link.find('.')); };
    const auto is_fed = [&](const std::string& link) {
        return places.contains(sender(link)) || !known.contains(sender(link));
    };
    for (bool found = true; found;) {  // the first in the file that can come next; cycles are not
        found = false;
        for (Draft& draft : drafts) {
            if (draft.placed || !std::all_of(draft.links.begin(), draft.links.end(), is_fed))
                continue;
            Sketch::Node node{draft.id, draft.op, {}, {}};
            for (const std::string& link : draft.links)
                if (const auto from = places.find(sender(link)); from != places.end()) {
                    const size_t dot = link.find('.');
                    const std::string port = dot == link.npos ? "" : link.substr(dot + 1);
                    node.links.push_back({from->second, port, port});
                }
            places[draft.id] = sketch.nodes.size();
            sketch.nodes.push_back(std::move(node));
            draft.placed = found = true;
            break;
        }
    }
    return sketch;
}

}  // namespace graph::report
