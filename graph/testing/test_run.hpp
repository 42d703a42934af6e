// Runs one test of a pipeline, and says what was not as expected.
#pragma once

#include "graph/testing/ready_test.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace graph {

struct TestOutcome {
    std::vector<std::string> differences;  // none: passed
    std::string printed;                   // by the run
    double seconds = 0;
};

/// Runs it in `folder`, which is empty, as the working folder; the run's own folder is `run` in it.
TestOutcome run_test(const ReadyTest& ready, const std::filesystem::path& folder);

}  // namespace graph
