// The section `sweep` of a pipeline: which settings are tried, on which seeds, and by which figure
// they are judged.
#pragma once

#include "graph/params.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace graph {

/// The figure of metrics.csv that trials are judged by, as it is after the last epoch.
struct SweepMetric {
    std::string name = "mse";
    std::string split = "test";
    std::string goal = "min";
    std::string model = {};  // empty: the only one

    std::string text() const { return split + " " + name; }  // "test mse"
};

/// A setting (nodes.train.optimizer.rate, params.epochs) and the values that it takes in turn.
struct SweepValues {
    std::string path;
    std::vector<Value> values;
};

/// A setting that is drawn at random, evenly or (log) evenly on a logarithmic scale.
struct SweepDraw {
    std::string path;
    double min = 0;
    double max = 0;
    bool log = false;
    bool integer = false;
    std::vector<Value> choices = {};  // if any, one of them is drawn
    Place place = {};
};

struct SweepSection {
    std::vector<SweepValues> over;
    std::vector<SweepDraw> random;
    int trials = 0;              // draws; 0: nothing is drawn
    std::vector<int64_t> seeds;  // empty: the pipeline's own
    SweepMetric metric;
    int processes = 1;
};

/// The one declaration of the section, and of a setting under `random`: for checks, help and the
/// schema.
const std::vector<Param>& sweep_params();
const std::vector<Param>& sweep_draw_params();

/// Checks the section by itself; whether its settings fit the pipeline is found by trying them.
/// Empty if `section` is.
SweepSection read_sweep(const Value& section, Errors& errors);

}  // namespace graph
