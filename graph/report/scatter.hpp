// A chart of a figure over the values of a setting, a dot for each trial.
#pragma once

#include <string>
#include <vector>

namespace graph::report {

struct ScatterPoint {
    std::string x;           // the setting's value, plain text
    double y = 0;            // the figure
    std::string title = {};  // what is told where one points at it
    bool best = false;
};

struct Scatter {
    std::string title, note;  // plain text: the setting, the figure
    std::vector<ScatterPoint> points;
    bool means = true;        // of each value of the setting, as a line or as dashes
    bool logarithmic = true;  // the figure's axis, if all are above 0 and they span far
};

/// A figure. Settings that are numbers have a linear axis, or a logarithmic one if they span a
/// factor of 10; of others each has its place, in the order of the points. Empty if there is
/// nothing to see: one value of the setting, or of the figure.
std::string to_html(const Scatter& scatter);

}  // namespace graph::report
