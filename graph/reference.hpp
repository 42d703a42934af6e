// The reference that the program gives of itself, from the nodes' declarations.
#pragma once

#include "graph/document.hpp"
#include "graph/node.hpp"

#include <string>

namespace graph {

/// All nodes, by group, and the pipelines that ship.
std::string list_text();

/// A node's ports and options, and an example to copy.
std::string describe_text(const Spec& spec);

/// A pipeline's parameters.
std::string describe_text(const Document& document);

/// "{op: resize, in: NODE, with: {...}}": a node with all its options at their defaults.
std::string example_text(const Spec& spec);

}  // namespace graph
