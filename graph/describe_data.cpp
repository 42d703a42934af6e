// The data of a run, for its run.json: how many items each source had, and how they were split.
#include "graph/runtime.hpp"

#include <nlohmann/json.hpp>

namespace graph {

nlohmann::json Engine::Runtime::describe_data() const {
    nlohmann::json data = nlohmann::json::array();
    for (const auto& [i, feed] : feeds) {
        nlohmann::json splits = nlohmann::json::object();
        // Without evaluations only the items to train on are gone through.
        for (const Pass& pass : feed->passes) splits[pass.split] = pass.items;
        data.push_back({{"id", plan.nodes[i].id}, {"items", feed->items}, {"splits", splits}});
    }
    return data;
}

}  // namespace graph
