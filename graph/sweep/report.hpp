// The sweep explained in one page, as a run is in its own.
#pragma once

#include "graph/sweep/results.hpp"

#include <string>
#include <vector>

namespace graph {

/// One HTML document that needs nothing but itself; its links lead to the trials' reports in the
/// folders beside it. `results`: of Sweep::trials, in their order.
std::string sweep_report(const Sweep& sweep, const std::vector<TrialResult>& results);

}  // namespace graph
