// Orders the nodes so that each comes after those that feed it, and finds cycles.
#include "graph/planning.hpp"

#include <set>

#include <fmt/format.h>

namespace graph {

namespace {

/// For each node, the nodes that feed it.
std::vector<std::set<size_t>> find_feeders(const std::vector<Draft>& drafts) {
    std::vector<std::set<size_t>> feeders(drafts.size());
    for (size_t i = 0; i < drafts.size(); ++i)
        for (const auto& links : drafts[i].node.inputs)
            for (const Link& link : links) feeders[i].insert(link.node);
    return feeders;
}

/// One line for each cycle, with its nodes in the direction of the messages.
void report_cycles(const std::vector<Draft>& drafts, const std::vector<std::set<size_t>>& feeders,
                   const std::vector<bool>& ordered, Errors& errors) {
    std::vector<bool> seen = ordered;
    for (size_t start = 0; start < drafts.size(); ++start) {
        std::vector<size_t> walk;  // against the direction of the messages
        size_t at = start;
        while (!seen[at]) {
            seen[at] = true;
            walk.push_back(at);
            // A node that is not ordered is fed by one that is not.
            at = *std::find_if(feeders[at].begin(), feeders[at].end(),
                               [&](size_t feeder) { return !ordered[feeder]; });
        }
        auto first = std::find(walk.begin(), walk.end(), at);
        if (first == walk.end()) continue;  // leads to what an earlier walk has seen
        std::rotate(first, std::min_element(first, walk.end()), walk.end());
        std::string text = drafts[*first].node.id;
        for (auto node = walk.end(); node != first;) text += " -> " + drafts[*--node].node.id;
        errors.add(drafts[*first].in.place,
                   fmt::format("a cycle: {}; remove one of these links", text));
    }
}

}  // namespace

void order_nodes(std::vector<Draft>& drafts, Errors& errors) {
    const auto feeders = find_feeders(drafts);
    std::vector<size_t> order;
    std::vector<size_t> position(drafts.size());
    std::vector<bool> ordered(drafts.size());
    auto place = [&](size_t node) {
        position[node] = order.size();
        order.push_back(node);
        ordered[node] = true;
    };
    std::vector<size_t> waits_for(drafts.size());
    std::vector<std::vector<size_t>> fed(drafts.size());
    std::set<size_t> ready;
    for (size_t i = 0; i < drafts.size(); ++i) {
        waits_for[i] = feeders[i].size();
        if (feeders[i].empty()) ready.insert(i);
        for (const size_t feeder : feeders[i]) fed[feeder].push_back(i);
    }
    while (!ready.empty()) {
        const size_t node = *ready.begin();
        ready.erase(ready.begin());
        place(node);
        for (const size_t other : fed[node])
            if (--waits_for[other] == 0) ready.insert(other);
    }
    if (order.size() < drafts.size()) report_cycles(drafts, feeders, ordered, errors);
    for (size_t i = 0; i < drafts.size(); ++i)
        if (!ordered[i]) place(i);

    std::vector<Draft> sorted;
    sorted.reserve(drafts.size());
    for (const size_t node : order) sorted.push_back(std::move(drafts[node]));
    for (Draft& draft : sorted)
        for (auto& links : draft.node.inputs)
            for (Link& link : links) link.node = position[link.node];
    drafts = std::move(sorted);
}

}  // namespace graph
