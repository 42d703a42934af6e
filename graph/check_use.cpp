// What is missing from the whole: a source, and a use for what each node makes.
#include "graph/planning.hpp"
#include "graph/yaml.hpp"

#include <fmt/format.h>

namespace graph {

void check_use(const std::vector<Draft>& drafts, const Place& nodes, Errors& errors) {
    if (drafts.empty()) return errors.add(nodes, "there are no nodes; a pipeline has 'nodes:'");

    std::vector<bool> used(drafts.size());
    bool has_source = false;
    for (const Draft& draft : drafts) {
        // A node of unknown op may be anything.
        has_source = has_source || draft.node.spec == nullptr || draft.node.spec->is_source ||
                     !draft.unfed.empty();  // that is one fault, reported already
        for (const auto& links : draft.node.inputs)
            for (const Link& link : links) used[link.node] = true;
    }
    // A link that is wrong was perhaps meant for it: that is one fault, reported there.
    const auto is_excused = [&](const PlannedNode& node) {
        return std::any_of(drafts.begin(), drafts.end(), [&](const Draft& draft) {
            if (draft.node.spec == nullptr)
                return draft.is_garbled || write_yaml(draft.in).find(node.id) != std::string::npos;
            return std::any_of(draft.unfed.begin(), draft.unfed.end(), [&](const Port* input) {
                return std::any_of(node.spec->outputs.begin(), node.spec->outputs.end(),
                                   [&](const Port& output) { return output.id == input->id; });
            });
        });
    };
    for (size_t i = 0; i < drafts.size(); ++i) {
        const PlannedNode& node = drafts[i].node;
        if (node.spec == nullptr || node.spec->outputs.empty() || used[i] || is_excused(node))
            continue;
        errors.add(node.place, fmt::format("nothing uses '{}'; link its output '{}' or remove it",
                                           node.id, node.spec->outputs.front().name));
    }
    if (has_source) return;
    std::vector<std::string> sources;
    for (const auto& [name, spec] : registry())
        if (spec.is_source) sources.push_back(name);
    errors.add(nodes,
               fmt::format("there is no source; begin with one of: {}", fmt::join(sources, ", ")));
}

}  // namespace graph
