// run.json, in a run's folder: what the run came to, for reports, `top` and scripts.
#pragma once

#include "graph/engine.hpp"

#include <nlohmann/json_fwd.hpp>

namespace graph {

nlohmann::json run_json(const RunResult& result);

}  // namespace graph
