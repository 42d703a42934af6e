// Links nodes that are named one after the other, and in branches.
#pragma once

#include "graph/chain_words.hpp"
#include "graph/plan.hpp"

#include <string>
#include <vector>

namespace graph {

struct ChainNode {
    std::string id;
    const Spec* spec = nullptr;
    Value in;  // as in YAML: "node", "node.port", or a map of inputs
};

/// Each input is linked to the nearest output that fits, of the nodes before: of a branch those in
/// it and those that lead to where it begins. Throws ConfigurationError if there is none.
std::vector<ChainNode> link_chain(const std::vector<ChainStep>& steps);

/// What is known of such nodes: clocks, streams, and which are used. Options are left out.
Plan plan_chain(const std::vector<ChainNode>& nodes);

}  // namespace graph
