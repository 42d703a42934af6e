// See scatter.hpp.
#include "graph/report/scatter.hpp"

#include "graph/report/axis.hpp"
#include "graph/report/figures.hpp"
#include "graph/report/html.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>

namespace graph::report {
namespace {

constexpr double decade = 10;      // from which a setting's axis is logarithmic
constexpr size_t few = 12;         // numbers that are marked by themselves
constexpr double letter = 7;       // width of one, at most
constexpr double margin = 14;      // of dots at both ends
constexpr size_t most_kinds = 26;  // values that are no numbers, A to Z

/// Where the values of a setting are.
struct Places {
    struct Mark {
        std::string name;
        double at = 0;
    };
    bool numbers = false;
    Axis axis = {};
    std::map<std::string, double> at = {};                      // of each value
    std::vector<Mark> marks = {};                               // what is written below
    std::vector<std::pair<std::string, std::string>> key = {};  // "A", what it stands for

    double of(const std::string& value) const { return axis.place(at.at(value)); }
};

/// Whether the marks fit beside each other.
bool fit(const Places& places) {
    double last_end = 0;
    for (const Places::Mark& mark : places.marks) {
        const double half = letter * static_cast<double>(mark.name.size()) / 2;
        const double at = places.axis.place(mark.at);
        if (at - half < last_end + 4 || at + half > Frame::width) return false;
        last_end = at + half;
    }
    return true;
}

void inset(Axis& axis) {
    axis.begin += margin;
    axis.end -= margin;
}

/// Of numbers: marked are the values themselves if there is room, else round ones.
std::optional<Places> places_of_numbers(std::map<std::string, double> numbers) {
    std::set<double> sorted;
    for (const auto& [text, number] : numbers) sorted.insert(number);
    if (sorted.size() < 2) return std::nullopt;
    const double first = *sorted.begin(), last = *sorted.rbegin();
    Places places;
    places.numbers = true;
    places.axis = first > 0 && last / first >= decade ? logarithmic_axis(first, last)
                                                      : linear_axis(first, last);
    inset(places.axis);
    places.at = std::move(numbers);
    const auto mark = [&](const auto& values) {
        places.marks.clear();
        for (const double value : values) places.marks.push_back({short_number(value), value});
    };
    mark(sorted);
    if (sorted.size() > few || !fit(places)) mark(places.axis.ticks);
    return places;
}

/// Of anything else: in the order given, by name, or by letters that the key explains.
std::optional<Places> places_of_kinds(const std::vector<std::string>& kinds) {
    if (kinds.size() < 2 || kinds.size() > most_kinds) return std::nullopt;
    Places places;
    places.axis = linear_axis(0, static_cast<double>(kinds.size() - 1));
    inset(places.axis);
    for (const std::string& kind : kinds) {
        places.at[kind] = static_cast<double>(places.marks.size());
        places.marks.push_back({kind, places.at[kind]});
    }
    if (fit(places)) return places;
    for (size_t i = 0; i < kinds.size(); ++i) {
        places.marks[i].name = std::string(1, static_cast<char>('A' + i));
        places.key.emplace_back(places.marks[i].name, kinds[i]);
    }
    return places;
}

std::optional<Places> places_of(const std::vector<ScatterPoint>& points) {
    std::vector<std::string> kinds;  // that are there, once each
    std::map<std::string, double> numbers;
    for (const ScatterPoint& point : points) {
        if (std::find(kinds.begin(), kinds.end(), point.x) != kinds.end()) continue;
        kinds.push_back(point.x);
        const auto number = parse_number(point.x);
        if (number && std::isfinite(*number)) numbers[point.x] = *number;
    }
    return numbers.size() == kinds.size() ? places_of_numbers(std::move(numbers))
                                          : places_of_kinds(kinds);
}

std::string key_of(const Places& places) {
    std::string text;
    for (const auto& [name, meaning] : places.key)
        text += fmt::format("<li><b>{}</b> {}</li>\n", name, escape(meaning));
    return text.empty() ? text : "<ul class=legend>" + text + "</ul>";
}

/// Of numbers a line through the means of each, of anything else a dash at each mean.
std::string means_of(const std::vector<ScatterPoint>& points, const Places& places,
                     const Axis& values) {
    std::map<double, std::pair<double, int>> sums;  // by the place: of the figure, and how many
    for (const ScatterPoint& point : points) {
        auto& [sum, count] = sums[places.of(point.x)];
        sum += point.y;
        ++count;
    }
    std::string path;
    for (const auto& [x, sum] : sums) {
        const double y = values.place(sum.first / sum.second);
        path += places.numbers ? fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", x, y)
                               : fmt::format("M{:.1f} {:.1f}h16", x - 8, y);
    }
    return fmt::format("<path class=\"line s7\" d=\"{}\"/>", path);
}

std::string dots(const std::vector<ScatterPoint>& points, const Places& places,
                 const Axis& values) {
    std::string others, best;
    for (const ScatterPoint& point : points)
        (point.best ? best : others) += fmt::format(
            "<circle cx={:.1f} cy={:.1f} r={}><title>{}</title></circle>", places.of(point.x),
            values.place(point.y), point.best ? 5 : 3.5, escape(point.title));
    return fmt::format("<g class=\"point s0\">{}</g><g class=\"point s1\">{}</g>", others, best);
}

}  // namespace

std::string to_html(const Scatter& scatter) {
    std::vector<ScatterPoint> points;
    std::copy_if(scatter.points.begin(), scatter.points.end(), std::back_inserter(points),
                 [](const ScatterPoint& point) { return std::isfinite(point.y); });
    const auto places = places_of(points);
    if (!places) return {};
    const auto [least, most] = std::minmax_element(
        points.begin(), points.end(), [](const auto& a, const auto& b) { return a.y < b.y; });
    if (!std::isfinite(most->y - least->y) || !(least->y < most->y)) return {};
    const Axis values = value_axis(least->y, most->y, scatter.logarithmic);
    std::string text = fmt::format(
        "<figure><figcaption><div class=chart-title>{}<span>{}{}</span></div>{}</figcaption>"
        "<svg viewBox=\"0 0 {} {}\" role=img aria-label=\"{} over {}\">{}\n",
        escape(scatter.title), escape(scatter.note), values.logarithmic ? ", log scale" : "",
        key_of(*places), Frame::width, Frame::height, escape(scatter.note), escape(scatter.title),
        grid(values));
    for (const auto& [name, at] : places->marks)
        text += label_below(places->axis, at, escape(name));
    text += title_below(escape(scatter.title) + (places->axis.logarithmic ? ", log scale" : ""));
    if (scatter.means) text += means_of(points, *places, values);
    return text + dots(points, *places, values) + "</svg></figure>\n";
}

}  // namespace graph::report
