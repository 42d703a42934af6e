// See chart.hpp.
#include "graph/report/chart.hpp"

#include "graph/report/axis.hpp"
#include "graph/report/figures.hpp"
#include "graph/report/html.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace graph::report {
namespace {

constexpr size_t most_points = 200;   // of a line: it is about 300 pixels long
constexpr size_t most_marks = 40;     // points that are drawn as such, and tell their values
constexpr size_t most_values = 6;     // of lines of one name, in the legend
constexpr double constant = 1e-9;     // relative difference up to which a curve is flat
constexpr size_t colours_in_all = 8;  // in page.cpp

std::string draw(const ChartLine& line, const Axis& epochs, const Axis& values) {
    const auto points = thin(line.points, most_points);
    const size_t colour = line.colour % colours_in_all;
    std::string path, marks;
    for (const auto& [epoch, value] : points) {
        const double x = epochs.place(epoch), y = values.place(value);
        path += fmt::format("{}{:.1f},{:.1f}", path.empty() ? "" : " ", x, y);
        if (line.points.size() <= most_marks)
            marks += fmt::format(
                "<circle cx={:.1f} cy={:.1f} r=2.5><title>{}, epoch {}: {}</title>"
                "</circle>",
                x, y, escape(line.name), short_number(epoch), short_number(value));
    }
    if (!marks.empty()) marks = fmt::format("<g class=\"point s{}\">{}</g>", colour, marks);
    return fmt::format("<polyline class=\"line s{}{}\" points=\"{}\"/>{}\n", colour,
                       line.dashed ? " dashed" : "", path, marks);
}

/// The lines of a name, and where they end; of many alike only that they are there.
std::string legend(const Chart& chart) {
    std::vector<std::string> names;
    for (const ChartLine& line : chart.lines)
        if (std::find(names.begin(), names.end(), line.name) == names.end())
            names.push_back(line.name);
    std::string text = "<ul class=legend>";
    for (const std::string& name : names) {
        std::string swatches, values, last;
        size_t lines = 0;
        for (const ChartLine& line : chart.lines) {
            if (line.name != name) continue;
            const std::string swatch = fmt::format(
                "<svg viewBox=\"0 0 24 6\" aria-hidden=true><path class=\"line s{}{}\" d=\"M0 "
                "3H24\"/></svg>",
                line.colour % colours_in_all, line.dashed ? " dashed" : "");
            if (swatch != last) swatches += swatch;
            last = swatch;
            values += (lines++ == 0 ? " " : ", ") + short_number(line.points.back().second);
        }
        text += "<li>" + swatches + escape(name) + (lines <= most_values ? values : "") + "</li>\n";
    }
    return text + "</ul>";
}

}  // namespace

std::string to_html(const Chart& chart) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    double first = infinity, last = -infinity, least = infinity, most = -infinity;
    for (const ChartLine& line : chart.lines)
        for (const auto& [epoch, value] : line.points) {
            if (!std::isfinite(value)) continue;
            first = std::min(first, epoch), last = std::max(last, epoch);
            least = std::min(least, value), most = std::max(most, value);
        }
    if (!std::isfinite(most - least) || !(first < last) ||
        !(most - least > constant * std::abs(most)))
        return {};
    const Axis epochs = linear_axis(first, last, 1),
               values = value_axis(least, most, chart.logarithmic);
    std::string text = fmt::format(
        "<figure><figcaption><div class=chart-title>{}<span>{}{}</span></div>{}</figcaption>"
        "<svg viewBox=\"0 0 {} {}\" role=img aria-label=\"{} over epochs\">{}\n",
        escape(chart.title), escape(chart.note),
        values.logarithmic ? chart.note.empty() ? "log scale" : ", log scale" : "", legend(chart),
        Frame::width, Frame::height, escape(chart.title), grid(values));
    for (const double tick : epochs.ticks) text += label_below(epochs, tick, short_number(tick));
    text += title_below("epoch");
    for (const ChartLine& line : chart.lines) text += draw(line, epochs, values);
    return text + "</svg></figure>\n";
}

}  // namespace graph::report
