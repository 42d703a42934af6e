// The axes of a chart: from values to places in its picture, and the values that are marked.
#pragma once

#include <string>
#include <vector>

namespace graph::report {

/// A chart's picture, in units of its viewBox: its size, and what is left beside what is drawn.
struct Frame {
    static constexpr double width = 360, height = 220, left = 48, right = 8, top = 8, bottom = 34;
};

struct Axis {
    double from = 0, to = 1;
    bool logarithmic = false;
    double begin = 0, end = 1;  // places of `from` and `to`
    std::vector<double> ticks = {};

    double place(double value) const;
};

/// Of values that go up, as far as round ones around them; `least` < `most`. Logarithmic if that is
/// allowed, all are above 0, and they span far.
Axis value_axis(double least, double most, bool may_be_logarithmic);

/// From left to right, from one value to the other.
Axis linear_axis(double first, double last, double least_step = 0);
Axis logarithmic_axis(double first, double last);

/// Lines across with the values beside them.
std::string grid(const Axis& values);

/// A text below the axis, at a value. At its ends it does not leave the picture.
std::string label_below(const Axis& axis, double value, const std::string& html);

/// What the axis below is of.
std::string title_below(const std::string& html);

}  // namespace graph::report
