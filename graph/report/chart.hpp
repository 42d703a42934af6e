// A chart of curves over epochs, as inline SVG with its title and legend in HTML.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace graph::report {

struct ChartLine {
    std::string name;  // plain text, as all here; lines of one name share a place in the legend
    std::vector<std::pair<double, double>> points;
    size_t colour = 0;
    bool dashed = false;
};

struct Chart {
    std::string title, note;  // "mse", "lower is better"
    std::vector<ChartLine> lines;
    bool logarithmic = true;  // if all values are above 0 and they span far
};

/// A figure. Curves are thinned to what can be seen. Empty if there is nothing to see: one epoch,
/// or one value.
std::string to_html(const Chart& chart);

}  // namespace graph::report
