// The reference of all nodes and shipped pipelines as one page of Markdown: docs/nodes.md.
#pragma once

#include "graph/node.hpp"

#include <string>

namespace graph {

std::string markdown_text();
std::string markdown_text(const Spec& spec);

}  // namespace graph
