// What came of a trial, as its folder tells.
#pragma once

#include "graph/report/figures.hpp"
#include "graph/sweep/trials.hpp"

#include <optional>

namespace graph {

struct TrialResult {
    enum class State { done, unfinished, not_begun };
    State state = State::not_begun;
    int exit_code = -1;                      // of its last end, if it is known
    std::string reason = {};                 // why it is not done, in a line, if that is known
    std::optional<double> value;             // the metric after the last epoch
    int epoch = 0;                           // of the value, from 1
    double seconds = 0;                      // of training
    std::vector<report::Curve> curves = {};  // of the metric, in each split

    /// Whether there is a value to judge by.
    bool judged() const;
    std::string text() const;  // "done", "not begun", "stopped", "exit code 65"
};

/// Throws ConfigurationError if the trial is done and has not the figure that the sweep judges by,
/// or of several models.
TrialResult read_result(const Sweep& sweep, const Trial& trial);

}  // namespace graph
