// An example for each node: the smallest part of a shipped pipeline that uses it and is a pipeline.
// So every example is one that is run and tested, and is written nowhere else.
#pragma once

#include "graph/node.hpp"
#include "graph/value.hpp"

#include <string>

namespace graph {

struct Example {
    std::string pipeline;  // whose nodes these are; empty: made of links that fit
    std::string node;      // the entry to look at
    std::string text;      // a whole file: version, run, nodes
};

/// Parameters are at their defaults, and variables of the environment at theirs.
Example find_example(const Spec& spec);

/// A map as YAML in lines, "name: value" in one where it fits into line_width, else in a block.
std::string write_block(const Value& map, const std::string& indent);

}  // namespace graph
