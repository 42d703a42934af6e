// A pipeline's tests, each with the pipeline as it runs it.
#pragma once

#include "graph/testing/rehearsal.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace graph {

struct ReadyTest {
    TestCase test;
    std::string pipeline;                  // its name
    std::unique_ptr<Rehearsal> rehearsal;  // null: the pipeline is wrong, as the test expects
    std::string errors;                    // of the pipeline then
};

/// Reads the pipeline once for each test; adds an error for all that is wrong with the tests, and
/// with a pipeline that is not expected to be wrong.
std::vector<ReadyTest> read_ready_tests(const std::filesystem::path& pipeline, Errors& errors);

}  // namespace graph
