// Line plots as inline SVG for HTML reports: rate on a logarithmic axis, quality on a linear one.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace formats {

struct PlotLine {
    std::string name;
    std::vector<std::pair<double, double>> points;  // x above 0; drawn in their order
};

struct PlotOptions {
    std::string title, x_label, y_label;
    double from_x = 0.03, to_x = 0.4;  // what is beyond is not drawn
    bool marks = true;                 // dots that tell their values when pointed at
};

/// As wide as its place allows. Line i has the class `line<i>`: the page gives the colours.
std::string svg_plot(const std::vector<PlotLine>& lines, const PlotOptions& options);

/// Text as it may stand in HTML and SVG, within quotes too.
std::string escape_html(const std::string& text);

}  // namespace formats
