// What came of the trials: the state of each, and one table of all.
#pragma once

#include "graph/sweep/trials.hpp"

#include <map>
#include <optional>

namespace graph {

struct TrialResult {
    enum class State { done, unfinished, not_begun };
    State state = State::not_begun;
    int exit_code = -1;           // of its last end, if it is known
    std::optional<double> value;  // the metric after the last epoch
    int epoch = 0;                // of the value, from 1
    double seconds = 0;           // of training

    std::string text() const;  // "done", "not begun", "stopped", "exit code 65"
};

TrialResult read_result(const Sweep& sweep, const Trial& trial);

/// Writes sweep.csv (a row for each trial) and sweep.md (a row for each choice of settings, the
/// best first, with mean and spread over the seeds) to the sweep's folder and prints the latter.
/// `codes`: of the trials that ended just now, by number. Returns the sweep's exit code: 0 only if
/// all trials are done.
int collect(const Sweep& sweep, const std::map<int, int>& codes);

}  // namespace graph
