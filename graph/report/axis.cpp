// See axis.hpp.
#include "graph/report/axis.hpp"

#include "graph/report/html.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace graph::report {
namespace {

constexpr double far_apart = 20;  // greatest to least value from which the axis is logarithmic

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

}  // namespace

double Axis::place(double value) const {
    const auto scaled = [&](double v) { return logarithmic ? std::log(v) : v; };
    const double share = (scaled(value) - scaled(from)) / (scaled(to) - scaled(from));
    return begin + (end - begin) * share;
}

Axis value_axis(double least, double most, bool may_be_logarithmic) {
    Axis axis{.begin = Frame::height - Frame::bottom, .end = Frame::top};
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

Axis linear_axis(double first, double last, double least_step) {
    Axis axis{.from = first, .to = last, .begin = Frame::left, .end = Frame::width - Frame::right};
    add_linear_ticks(axis, std::max(least_step, step_of(last - first, 6)));
    return axis;
}

Axis logarithmic_axis(double first, double last) {
    Axis axis{.from = first,
              .to = last,
              .logarithmic = true,
              .begin = Frame::left,
              .end = Frame::width - Frame::right};
    add_logarithmic_ticks(axis);
    return axis;
}

std::string grid(const Axis& values) {
    std::string text;
    for (const double tick : values.ticks)
        text += fmt::format(
            "<path class=grid d=\"M{} {:.1f}H{}\"/><text class=soft x={} y={:.1f} "
            "text-anchor=end>{}</text>",
            Frame::left, values.place(tick), Frame::width - Frame::right, Frame::left - 6,
            values.place(tick) + 4, short_number(std::abs(tick) < 1e-12 ? 0 : tick));
    return text;
}

std::string label_below(const Axis& axis, double value, const std::string& html) {
    const double at = axis.place(value);
    return fmt::format("<text class=soft x={:.1f} y={} text-anchor={}>{}</text>", at,
                       Frame::height - Frame::bottom + 16,
                       at > Frame::width - Frame::right - 12 ? "end" : "middle", html);
}

std::string title_below(const std::string& html) {
    return fmt::format("<text class=soft x={} y={} text-anchor=middle>{}</text>",
                       (Frame::left + Frame::width - Frame::right) / 2, Frame::height - 3, html);
}

}  // namespace graph::report
