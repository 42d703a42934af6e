// Goes on with a run from its folder alone, and says before what has changed and what is left to
// do.
#pragma once

#include "graph/commands/arguments.hpp"

namespace graph {

struct ResumeArguments {
    std::filesystem::path folder;
    Overrides overrides;  // -p as the run's own pipeline declares it
    RunOptions options;
    bool explain = false;  // say it in full, and do nothing
};

/// Returns the exit code. Throws ConfigurationError if the folder is not a run's, or its checkpoint
/// is missing or does not fit.
int resume_run(ResumeArguments arguments);

}  // namespace graph
