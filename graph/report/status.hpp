// What run.json says of a run, as far as it says it: other versions wrote less, or more.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace graph::report {

struct BadInput {
    std::string file, node, reason;
};

struct NodeProfile {
    std::string id;
    uint64_t values = 0, failed = 0;
    double busy = 0, starved = 0, blocked = 0;  // seconds
    double queue_mean = 0;
    uint64_t queue_most = 0;
};

struct SourceItems {
    std::string id;
    uint64_t items = 0;
    std::vector<std::pair<std::string, uint64_t>> splits;
};

struct Status {
    std::optional<int> exit_code;  // nothing: the run has not ended
    std::string message;
    std::string started, ended, host, version;
    std::optional<double> seconds;
    std::optional<int64_t> threads;
    std::vector<BadInput> bad_inputs;
    bool timed = false;                // whether the profile has times, or counts alone
    std::vector<NodeProfile> profile;  // in the order of the file
    std::string bottleneck;            // a sentence
    std::vector<SourceItems> sources;
    std::vector<std::string> libraries;  // "libtbb.so.12.8"
};

/// Never throws over what the file holds. A file that is not there is a run that has not ended.
Status read_status(const std::filesystem::path& file);

}  // namespace graph::report
