// The choices of settings that a sweep tried, and how each did over its seeds.
#pragma once

#include "graph/sweep/results.hpp"

#include <vector>

namespace graph {

struct Point {
    std::vector<size_t> trials;  // of Sweep::trials
    std::vector<double> values;  // of those that can be judged
    double seconds = 0;          // of all

    double mean() const;
    double spread() const;  // the standard deviation, as one of a sample
};

/// The best first: by the mean, those with all seeds before others. `results`: of Sweep::trials.
std::vector<Point> points_of(const Sweep& sweep, const std::vector<TrialResult>& results);

/// The table of them: settings, mean, spread, range, how many are done, seconds. The first row is
/// the header; what is not known is empty.
std::vector<std::vector<std::string>> table_of(const Sweep& sweep,
                                               const std::vector<Point>& points);

}  // namespace graph
