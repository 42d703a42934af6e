// How a run stands at one moment: all that the terminal, `pipeline top`, the metrics and run.json
// tell of it. Plain data, to and from JSON.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace graph {

/// Of one node. Busy is summed over threads; starved and blocked are the time in which no thread
/// was in its body (see Activity).
struct NodeStatus {
    std::string id, op;
    uint64_t values = 0;  // messages that its body took and was done with
    uint64_t failed = 0;  // messages that it threw at
    double busy_seconds = 0, starved_seconds = 0, blocked_seconds = 0;
    double queue_mean = 0;   // messages that wait for it
    int64_t queue_most = 0;  // seen
    int64_t queue = 0;       // now
    double rate = 0;         // values a second, of late
    double busy = 0;         // threads in its body, of late
    std::string state;       // what it was at most of late: busy, starved, blocked; "" if ended
};

/// Of a source: how many of its items are in memory, and may be.
struct SourceStatus {
    std::string id;
    int64_t in_flight = 0, limit = 0;
};

struct RunStatus {
    std::string name, folder, version, host;
    int64_t pid = 0;
    int64_t process_start = 0;      // as the kernel counts it: tells a process from a later one
    std::string state = "running";  // running, stopping, finishing, ended
    std::string message;            // of a run that ended
    int exit_code = -1;
    double started = 0;  // seconds since 1970
    double written = 0;
    double seconds = 0;
    int threads = 0;
    int epoch = 0, epochs = 0;      // the epoch begun last, from 1
    uint64_t items = 0, total = 0;  // items of all passes: done, and to do
    double rate = 0;                // items a second, of late
    double left_seconds = -1;       // -1: nobody knows
    uint64_t quarantined = 0;
    std::map<std::string, double> figures;  // what nodes reported last, such as losses
    std::vector<NodeStatus> nodes;
    std::vector<SourceStatus> sources;
    std::string bottleneck;  // one sentence
};

void to_json(nlohmann::json& json, const NodeStatus& status);
void to_json(nlohmann::json& json, const SourceStatus& status);
void to_json(nlohmann::json& json, const RunStatus& status);
/// What is missing stays as it is; throws nlohmann::json::exception if a value is of another type.
void from_json(const nlohmann::json& json, NodeStatus& status);
void from_json(const nlohmann::json& json, SourceStatus& status);
void from_json(const nlohmann::json& json, RunStatus& status);

/// The JSON as text, whatever bytes its names hold.
std::string json_text(const nlohmann::json& json);

}  // namespace graph
