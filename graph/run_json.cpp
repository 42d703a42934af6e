// See run_json.hpp.
#include "graph/run_json.hpp"

#include "graph/time_text.hpp"

#include <nlohmann/json.hpp>

namespace graph {

nlohmann::json run_json(const RunResult& result) {
    const RunStatus& status = result.status;
    nlohmann::json counts = nlohmann::json::object();
    for (const auto& count : result.counts)
        counts[count.id] = {{"values", count.values}, {"tombstones", count.tombstones}};
    const nlohmann::json json = status;
    nlohmann::json profile = json.at("nodes");
    for (auto& node : profile)
        for (const char* passing : {"queue", "rate", "busy", "state"}) node.erase(passing);
    return {{"name", status.name},
            {"exit_code", result.exit_code},
            {"message", result.message},
            {"started", iso_time(wall_time(status.started))},
            {"ended", iso_time(wall_time(status.started + status.seconds))},
            {"seconds", status.seconds},
            {"host", status.host},
            {"version", status.version},
            {"threads", status.threads},
            {"items", status.items},
            {"figures", json.at("figures")},
            {"quarantined", result.quarantined},
            {"counts", counts},
            {"profile", profile},
            {"bottleneck", status.bottleneck}};
}

}  // namespace graph
