// `--set nodes.batch.size=16`: changes a pipeline's YAML from the command line.
#pragma once

#include "graph/value.hpp"

#include <string>
#include <vector>

namespace graph {

/// Sets one value below `root`, the pipeline's top-level map; the value is parsed as YAML. Options
/// of a node may be named without `with`, and items of a list by their number. `nodes.x={op: ...}`
/// adds or replaces a node, `nodes.x=null` removes it. An unknown node or section is an error; an
/// unknown option is found, with this as its place, when the node's options are checked.
void apply_override(Value& root, const std::string& text, Errors& errors);

/// "nodes.batch.size": its parts.
std::vector<std::string> split_path(const std::string& path);

}  // namespace graph
