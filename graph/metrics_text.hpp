// A run in Prometheus's text exposition format.
#pragma once

#include "graph/status.hpp"

namespace graph {

/// Every sample has the label `run`, the run's folder, so that files of several runs can lie side
/// by side.
std::string metrics_text(const RunStatus& status);

}  // namespace graph
