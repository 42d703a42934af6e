// A plan as a picture: nodes with their ops, links with what flows through them.
#pragma once

#include "graph/plan.hpp"

#include <string>

namespace graph {

std::string dot_text(const Plan& plan);      // Graphviz
std::string mermaid_text(const Plan& plan);  // Markdown, GitHub

}  // namespace graph
