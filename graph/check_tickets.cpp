// Proves that no node waits for items that cannot come, because all tickets are held.
//
// A node that holds n messages holds n items, or, behind a batch of b, n * b. What is needed is the
// sum over all nodes that a source feeds: a maximum over the paths is not enough, since branches
// may hold different items (two shuffles of 100 side by side can hold 200).
#include "graph/planning.hpp"

#include <fmt/format.h>

namespace graph {

namespace {

struct Held {
    const PlannedNode* node;
    size_t items;
};

/// What the nodes fed by one source may hold, and how many items a message of each stands for.
std::vector<Held> find_held(const std::vector<Draft>& drafts, size_t source) {
    std::vector<Held> held;
    std::vector<size_t> weights(drafts.size());  // of the outputs; 0: not fed by the source
    weights[source] = 1;
    for (size_t i = source + 1; i < drafts.size(); ++i) {
        const PlannedNode& node = drafts[i].node;
        size_t weight = 0;
        bool of_items = false;
        for (const auto& links : node.inputs)
            for (const Link& link : links) {
                const PlannedNode& from = drafts[link.node].node;
                if (from.spec == nullptr || from.clocks[link.port] == Clock::epoch) continue;
                weight = std::max(weight, weights[link.node]);
                of_items = of_items || from.clocks[link.port] == Clock::item;
            }
        if (weight == 0 || node.spec == nullptr) continue;
        const size_t holds =
            node.spec->holds && node.params ? node.spec->holds(node.params.get()) : 0;
        if (holds > 0) held.push_back({&node, holds * weight});
        const bool gathers = of_items && std::find(node.clocks.begin(), node.clocks.end(),
                                                   Clock::batch) != node.clocks.end();
        weights[i] = gathers ? weight * std::max<size_t>(holds, 1) : weight;
    }
    return held;
}

}  // namespace

void check_tickets(const std::vector<Draft>& drafts, const Settings& settings, Errors& errors) {
    for (size_t source = 0; source < drafts.size(); ++source) {
        if (drafts[source].node.spec == nullptr || !drafts[source].node.spec->is_source) continue;
        const auto held = find_held(drafts, source);
        size_t needed = 0;
        std::string parts;
        for (const Held& one : held) {
            needed += one.items;
            parts += fmt::format("{}'{}' {}", parts.empty() ? "" : ", ", one.node->id, one.items);
        }
        if (needed <= static_cast<size_t>(settings.max_in_flight)) continue;
        const Held& most =
            *std::max_element(held.begin(), held.end(),
                              [](const Held& a, const Held& b) { return a.items < b.items; });
        const std::string who = held.size() == 1
                                    ? fmt::format("'{}' waits for {} items", most.node->id, needed)
                                    : fmt::format("the nodes after '{}' wait for {} items ({})",
                                                  drafts[source].node.id, needed, parts);
        errors.add(most.node->place,
                   fmt::format("{}, but run.max_in_flight is {}; raise it to {} or let '{}' wait "
                               "for fewer",
                               who, settings.max_in_flight, needed, most.node->id));
    }
}

}  // namespace graph
