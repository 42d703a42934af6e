// See chart.hpp.
#include "graph/report/chart.hpp"

#include "graph/report/figures.hpp"
#include "graph/report/html.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace graph::report {
namespace {

constexpr double width = 360, height = 220, left = 48, right = 8, top = 8, bottom = 34;
constexpr size_t most_points = 200;   // of a line: it is about 300 pixels long
constexpr size_t most_marks = 40;     // points that are drawn as such, and tell their values
constexpr double constant = 1e-9;     // relative difference up to which a curve is flat
constexpr double far_apart = 20;      // greatest to least value from which the axis is logarithmic
constexpr size_t colours_in_all = 8;  // in page.cpp

/// One axis: from values to places, and the values that are marked on it.
struct Axis {
    double from = 0, to = 1;
    bool logarithmic = false;
    double begin = 0, end = 1;  // places of `from` and `to`
    std::vector<double> ticks = {};

    double place(double value) const {
        const auto scaled = [&](double v) { return logarithmic ? std::log(v) : v; };
        const double share = (scaled(value) - scaled(from)) / (scaled(to) - scaled(from));
        return begin + (end - begin) * share;
    }
};

/// Round steps of 1, 2 or 5 that make at most `most`.
double step_of(double range, double most) {
    const double rough = range / most, power = std::pow(10, std::floor(std::log10(rough)));
    for (const double factor : {1.0, 2.0, 5.0})
        if (rough <= factor * power * (1 + 1e-9)) return factor * power;
    return 10 * power;
}

void add_linear_ticks(Axis& axis, double step) {
    const double first = std::ceil(axis.from / step - 1e-6);
    for (int i = 0; i < 20 && (first + i) * step <= axis.to + step * 1e-6; ++i)
        axis.ticks.push_back((first + i) * step);
}

/// Powers of ten; between few of them 2 and 5 times each as well.
void add_logarithmic_ticks(Axis& axis) {
    const int low = static_cast<int>(std::floor(std::log10(axis.from) + 1e-9));
    const int high = static_cast<int>(std::ceil(std::log10(axis.to) - 1e-9));
    const int stride = std::max(1, (high - low + 5) / 6);
    for (int power = low; power <= high; power += stride)
        for (const double factor : {1.0, 2.0, 5.0}) {
            const double value = factor * std::pow(10, power);
            if (factor > 1 && high - low > 2) break;
            if (value >= axis.from * (1 - 1e-9) && value <= axis.to * (1 + 1e-9))
                axis.ticks.push_back(value);
        }
}

Axis value_axis(double least, double most, bool may_be_logarithmic) {
    Axis axis{.begin = height - bottom, .end = top};
    axis.logarithmic = may_be_logarithmic && least > 0 && most / least >= far_apart;
    if (axis.logarithmic) {
        // To the next of 1, 2, 5 times a power of ten.
        const auto round = [](double value, bool up) {
            const double power = std::pow(10, std::floor(std::log10(value)));
            double found = up ? 10 * power : power;
            for (const double factor : {1.0, 2.0, 5.0})
                if (up ? factor * power >= value && factor * power < found
                       : factor * power <= value)
                    found = factor * power;
            return found;
        };
        axis.from = round(least, false);
        axis.to = round(most, true);
        add_logarithmic_ticks(axis);
        return axis;
    }
    const double step = step_of(most - least, 5);
    axis.from = std::floor(least / step + 1e-9) * step;
    axis.to = std::ceil(most / step - 1e-9) * step;
    add_linear_ticks(axis, step);
    return axis;
}

Axis epoch_axis(double first, double last) {
    Axis axis{.from = first, .to = last, .begin = left, .end = width - right};
    add_linear_ticks(axis, std::max(1.0, step_of(last - first, 6)));
    return axis;
}

std::string grid(const Axis& epochs, const Axis& values) {
    std::string text;
    for (const double tick : values.ticks)
        text += fmt::format(
            "<path class=grid d=\"M{} {:.1f}H{}\"/><text class=soft x={} y={:.1f} "
            "text-anchor=end>{}</text>",
            left, values.place(tick), width - right, left - 6, values.place(tick) + 4,
            short_number(std::abs(tick) < 1e-12 ? 0 : tick));
    for (const double tick : epochs.ticks)
        text += fmt::format("<text class=soft x={:.1f} y={} text-anchor={}>{}</text>",
                            epochs.place(tick), height - bottom + 16,
                            epochs.place(tick) > width - right - 12 ? "end" : "middle",
                            short_number(tick));
    return text + fmt::format("<text class=soft x={} y={} text-anchor=middle>epoch</text>",
                              (left + width - right) / 2, height - 3);
}

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

/// The lines of a name, and where they end.
std::string legend(const Chart& chart) {
    std::vector<std::string> names;
    for (const ChartLine& line : chart.lines)
        if (std::find(names.begin(), names.end(), line.name) == names.end())
            names.push_back(line.name);
    std::string text = "<ul class=legend>";
    for (const std::string& name : names) {
        std::string swatches, values;
        for (const ChartLine& line : chart.lines) {
            if (line.name != name) continue;
            swatches += fmt::format(
                "<svg viewBox=\"0 0 24 6\" aria-hidden=true><path class=\"line s{}{}\" d=\"M0 "
                "3H24\"/></svg>",
                line.colour % colours_in_all, line.dashed ? " dashed" : "");
            values += (values.empty() ? " " : ", ") + short_number(line.points.back().second);
        }
        text += "<li>" + swatches + escape(name) + values + "</li>\n";
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
    const Axis epochs = epoch_axis(first, last),
               values = value_axis(least, most, chart.logarithmic);
    std::string text = fmt::format(
        "<figure><figcaption><div class=chart-title>{}<span>{}{}</span></div>{}</figcaption>"
        "<svg viewBox=\"0 0 {} {}\" role=img aria-label=\"{} over epochs\">{}\n",
        escape(chart.title), escape(chart.note),
        values.logarithmic ? chart.note.empty() ? "log scale" : ", log scale" : "", legend(chart),
        width, height, escape(chart.title), grid(epochs, values));
    for (const ChartLine& line : chart.lines) text += draw(line, epochs, values);
    return text + "</svg></figure>\n";
}

}  // namespace graph::report
