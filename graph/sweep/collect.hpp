// One table and one report of all trials.
#pragma once

#include "graph/sweep/trials.hpp"

#include <map>

namespace graph {

/// Writes to the sweep's folder sweep.csv (a row for each trial), sweep.md (a row for each choice
/// of settings, the best first, with mean and spread over the seeds) and report.html, and prints
/// the second. `codes`: of the trials that ended just now, by number. Returns the sweep's exit
/// code: 0 only if all trials are done.
int collect(const Sweep& sweep, const std::map<int, int>& codes);

}  // namespace graph
