// What a test expects of each node, held against what came.
#pragma once

#include "graph/engine.hpp"
#include "graph/testing/rehearsal.hpp"

#include <string>
#include <vector>

namespace graph {

/// A line for each expectation that is not met: "small.shape is [1, 32, 32], not [1, 64, 64]".
std::vector<std::string> compare(const TestCase& test, const Rehearsal& rehearsal,
                                 const RunResult& result);

}  // namespace graph
