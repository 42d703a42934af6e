// See svg_plot.hpp.
#include "formats/svg_plot.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace formats {
namespace {

constexpr double width = 640, height = 400, left = 52, right = 14, top = 30, bottom = 44;

struct Axes {
    double from_x, to_x, from_y, to_y;

    double x(double value) const {
        return left + (width - left - right) * std::log(value / from_x) / std::log(to_x / from_x);
    }
    double y(double value) const {
        return height - bottom - (height - top - bottom) * (value - from_y) / (to_y - from_y);
    }
};

/// Round steps of 1, 2 or 5 that make about six lines.
double step_of(double range) {
    const double rough = range / 6, power = std::pow(10, std::floor(std::log10(rough)));
    for (const double factor : {1.0, 2.0, 5.0})
        if (rough <= factor * power) return factor * power;
    return 10 * power;
}

std::vector<PlotLine> within(const std::vector<PlotLine>& lines, const PlotOptions& options) {
    std::vector<PlotLine> kept = lines;
    for (PlotLine& line : kept)
        std::erase_if(line.points, [&](const auto& point) {
            return point.first < options.from_x || point.first > options.to_x ||
                   !std::isfinite(point.second);
        });
    return kept;
}

Axes axes_of(const std::vector<PlotLine>& lines, const PlotOptions& options) {
    double least = std::numeric_limits<double>::infinity(), most = -least;
    for (const PlotLine& line : lines)
        for (const auto& [x, y] : line.points) {
            least = std::min(least, y);
            most = std::max(most, y);
        }
    if (least > most) least = 0, most = 1;
    const double step = step_of(std::max(most - least, 1e-6));
    const double from = std::floor(least / step) * step, to = std::ceil(most / step) * step;
    return {options.from_x, options.to_x, from, to > from ? to : from + step};
}

std::string grid(const Axes& axes, const PlotOptions& options) {
    std::string text;
    const double step = step_of(axes.to_y - axes.from_y);
    for (double value = axes.from_y; value < axes.to_y + step / 2; value += step)
        text += fmt::format(
            "<line class=\"grid\" x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>"
            "<text x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{:.4g}</text>",
            left, width - right, axes.y(value), axes.y(value), left - 6, axes.y(value) + 4, value);
    for (const double value : {0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 1.0, 2.0, 5.0}) {
        if (value < axes.from_x * 0.999 || value > axes.to_x * 1.001) continue;
        text += fmt::format(
            "<line class=\"grid\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1}\" y2=\"{2}\"/>"
            "<text x=\"{0:.1f}\" y=\"{3}\" text-anchor=\"middle\">{4}</text>",
            axes.x(value), top, height - bottom, height - bottom + 16, value);
    }
    return text + fmt::format(
                      "<text class=\"title\" x=\"{}\" y=\"18\">{}</text>"
                      "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>"
                      "<text x=\"{}\" y=\"{}\">{}</text>",
                      left, escape_html(options.title), width - right, height - 8,
                      escape_html(options.x_label), left + 6, top + 14,
                      escape_html(options.y_label));
}

}  // namespace

std::string svg_plot(const std::vector<PlotLine>& lines, const PlotOptions& options) {
    const auto kept = within(lines, options);
    const Axes axes = axes_of(kept, options);
    std::string text = fmt::format(
        "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">{}", width, height,
        escape_html(options.title + ": " + options.y_label + " over " + options.x_label),
        grid(axes, options));
    for (size_t i = 0; i < kept.size(); ++i) {
        if (kept[i].points.empty()) continue;
        std::string path;
        for (const auto& [x, y] : kept[i].points)
            path += fmt::format("{}{:.1f},{:.1f}", path.empty() ? "" : " ", axes.x(x), axes.y(y));
        text += fmt::format("<polyline class=\"line line{}\" points=\"{}\"/>", i, path);
        if (!options.marks) continue;
        for (const auto& [x, y] : kept[i].points)
            text += fmt::format(
                "<circle class=\"mark line{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4\"><title>{}: "
                "{:.3f}, {:.2f}</title></circle>",
                i, axes.x(x), axes.y(y), escape_html(kept[i].name), x, y);
    }
    return text + "</svg>\n";
}

std::string escape_html(const std::string& text) {
    std::string escaped;
    for (const char c : text) switch (c) {
            case '&':
                escaped += "&amp;";
                break;
            case '<':
                escaped += "&lt;";
                break;
            case '>':
                escaped += "&gt;";
                break;
            case '"':
                escaped += "&quot;";
                break;
            default:
                escaped += c;
        }
    return escaped;
}

}  // namespace formats
