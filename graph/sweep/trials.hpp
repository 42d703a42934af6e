// The runs that a sweep is made of: each choice of settings with each seed, numbered from 1, each
// with a folder of its own.
#pragma once

#include "graph/commands/arguments.hpp"
#include "graph/sweep/section.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace graph {

struct Trial {
    int number = 1;
    int point = 0;                    // the same for all seeds of one choice of settings
    std::vector<std::string> values;  // of each of Sweep::paths
    std::string seed;                 // empty: the pipeline's own
    std::filesystem::path folder;
    Overrides overrides;  // that make the pipeline this trial

    std::string text(const std::vector<std::string>& paths) const;  // "rate=0.005, seed 2"
};

struct Sweep {
    std::filesystem::path pipeline;
    SweepSection section;
    std::vector<std::string> paths;  // the settings that are tried
    std::filesystem::path out;       // where the trials' folders and the table are
    std::vector<Trial> trials;
};

/// The last name of each path, or as much of it as tells them apart.
std::vector<std::string> short_names(const std::vector<std::string>& paths);

/// Reads the section and lays the trials out; the first is checked as a pipeline. Throws
/// ConfigurationError.
Sweep load_sweep(const PipelineArguments& arguments);

/// Checks every trial as `validate` would, and those that have run already: their settings must be
/// those of the trial. Throws ConfigurationError with all that is wrong, at its place in the
/// section.
void check_trials(const Sweep& sweep);

/// For `validate`: both, if the pipeline has a sweep.
void check_sweep(const PipelineArguments& arguments);

/// The plan of one trial, with the run's folder.
Plan trial_plan(const Sweep& sweep, const Trial& trial);

}  // namespace graph
