// Links nodes that are named one after the other.
#pragma once

#include "graph/plan.hpp"

#include <string>
#include <vector>

namespace graph {

struct ChainNode {
    std::string id;
    const Spec* spec = nullptr;
    Value in;  // as in YAML: "node", "node.port", or a map of inputs
};

/// Throws ConfigurationError if a node's input finds no output before it.
std::vector<ChainNode> link_chain(const std::vector<const Spec*>& specs);

/// What is known of such nodes: clocks, streams, and which are used. Options are left out.
Plan plan_chain(const std::vector<ChainNode>& nodes);

}  // namespace graph
