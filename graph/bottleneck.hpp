// What held a run up, in one sentence, and which setting to change.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace graph {

/// What a node took of a run's time.
struct NodeLoad {
    std::string id, op;
    bool is_source = false;
    bool is_sink = false;        // sends nothing on: it writes
    bool one_at_a_time = false;  // fed in order: one thread at most is in its body
    bool makes_batches = false;  // has an option `size`: how many items make one of its messages
    double busy_seconds = 0;     // summed over threads
    double limited_seconds = 0;  // a source without tickets; a trainer whose models are all out
};

/// What the work was done with.
struct Resources {
    double seconds = 0;      // of the run
    double cpu_seconds = 0;  // that it took, of all threads
    int threads = 1, cores = 1;
    int64_t max_in_flight = 0;
};

std::string bottleneck(const std::vector<NodeLoad>& loads, const Resources& resources);

}  // namespace graph
