// Pipelines to begin with: a row of nodes or a branched one, linked where their ports fit, or a
// copy of a pipeline.
#pragma once

#include "graph/node.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace graph {

struct Created {
    std::string text;                // the file
    std::vector<std::string> notes;  // what is left to do
};

/// The nodes by name, in an order in which each comes after those that feed it, with branches (see
/// chain_words.hpp). `in` is taken from the nearest nodes whose outputs fit; options are at their
/// defaults, with their docs, or, if `brief`, left out; those that have no default are to be filled
/// in. Throws ConfigurationError if a name is unknown or a node cannot be fed, and says what to put
/// before it.
Created create_chain(const std::vector<std::string>& words, bool brief);

/// A pipeline's file with its comments, and in it what it includes. It has no name, so that it is
/// called like the file it will be in.
Created copy_pipeline(const std::filesystem::path& path);

/// A short pipeline with this node in it; if there is none, the node alone.
std::string example_chain(const Spec& spec);

/// Of the nodes that there are; throws ConfigurationError with the nearest name.
const Spec& find_node(const std::string& name);

/// What an editor reads at the top of a file to find the schema; "" if the schema is not there.
std::string modeline();

}  // namespace graph
