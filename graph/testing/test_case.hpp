// The section `tests` of a pipeline: what to feed it, and what to expect. `pipeline test` runs
// them.
#pragma once

#include "graph/document.hpp"
#include "graph/node.hpp"

#include <string>
#include <vector>

namespace graph {

/// What one test says, as it is written; check_tests has seen that it makes sense.
struct TestCase {
    std::string name;
    Value params;  // parameters of the pipeline, as -p gives them
    Value set;     // options, as --set gives them
    Value feed;    // what nodes send in place of what they would: {image: [{file: a.tif}]}
    Value expect;  // of what nodes send: {small: {count: 1, shape: [1, 64, 64]}}
    std::vector<std::string> files;
    std::string says;
    int exit = 0;
    Place place;
};

/// The keys of a test, with their docs.
const std::vector<Param>& test_params();

std::vector<TestCase> read_tests(const Value& section, Errors& errors);

/// Checks all that can be told without running: names of tests, parameters, nodes, outputs and
/// facts, and what is fed.
void check_tests(const Document& document, Errors& errors);

/// One side of `feed` or `expect`: "small" or "train.metrics".
struct TestedPort {
    std::string node;
    const Spec* spec = nullptr;
    const Port* output = nullptr;  // null: the node has none
};
/// The port that a key names; adds an error if there is none, and then has no spec.
TestedPort find_port(const Value& key, const Value& nodes, Errors& errors);

/// The options of the items that a node is fed with, read and checked; relative paths in them begin
/// at `base`.
std::vector<std::shared_ptr<void>> read_feed(const TestedPort& port, const Value& items,
                                             const std::filesystem::path& base, Errors& errors);

}  // namespace graph
