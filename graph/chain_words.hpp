// The words of `pipeline create`: nodes one after the other, and where a branch begins.
#pragma once

#include "graph/node.hpp"

#include <string>
#include <vector>

namespace graph {

struct ChainStep {
    std::string id;
    const Spec* spec = nullptr;
    std::vector<std::string> after;  // ids of nodes before; empty: it goes on from the last one
};

/// `resize`, a node by its kind; `small=resize`, with a name of its own; `@small`, what comes next
/// goes on from there; `@left,right`, from both. The second node of a kind is called `resize_2`.
/// Throws ConfigurationError with all that is wrong.
std::vector<ChainStep> read_chain(const std::vector<std::string>& words);

/// The names of the nodes, as far as they can be read.
std::vector<std::string> chain_ids(const std::vector<std::string>& words);

}  // namespace graph
