// See points.hpp.
#include "graph/sweep/points.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

namespace graph {

double Point::mean() const {
    double sum = 0;
    for (const double value : values) sum += value;
    return sum / static_cast<double>(values.size());
}

double Point::spread() const {
    double sum = 0;
    for (const double value : values) sum += (value - mean()) * (value - mean());
    return std::sqrt(sum / static_cast<double>(values.size() - 1));
}

std::vector<Point> points_of(const Sweep& sweep, const std::vector<TrialResult>& results) {
    std::map<int, Point> by_point;
    for (size_t i = 0; i < results.size(); ++i) {
        Point& point = by_point[sweep.trials[i].point];
        point.trials.push_back(i);
        point.seconds += results[i].seconds;
        if (results[i].judged()) point.values.push_back(*results[i].value);
    }
    std::vector<Point> points;
    for (auto& [number, point] : by_point) points.push_back(std::move(point));
    const double sign = sweep.section.metric.goal == "max" ? -1 : 1;
    std::stable_sort(points.begin(), points.end(), [&](const Point& a, const Point& b) {
        // The mean of some seeds is not to be held against that of all.
        const auto left = [](const Point& one) { return one.trials.size() - one.values.size(); };
        if (left(a) != left(b)) return left(a) < left(b);
        if (a.values.empty()) return false;
        return sign * a.mean() < sign * b.mean();
    });
    return points;
}

std::vector<std::vector<std::string>> table_of(const Sweep& sweep,
                                               const std::vector<Point>& points) {
    std::vector<std::vector<std::string>> rows{short_names(sweep.paths)};
    for (const auto& name :
         {sweep.section.metric.text(), std::string("spread"), std::string("from"),
          std::string("to"), std::string("done"), std::string("s")})
        rows[0].push_back(name);
    for (const Point& point : points) {
        auto& row = rows.emplace_back(sweep.trials[point.trials.front()].values);
        const auto& values = point.values;
        const auto add = [&](bool known, double value) {
            row.push_back(known ? fmt::format("{:.4g}", value) : "");
        };
        add(!values.empty(), values.empty() ? 0 : point.mean());
        add(values.size() > 1, values.size() > 1 ? point.spread() : 0);
        const auto [least, most] = std::minmax_element(values.begin(), values.end());
        add(values.size() > 1, values.empty() ? 0 : *least);
        add(values.size() > 1, values.empty() ? 0 : *most);
        row.push_back(fmt::format("{} of {}", values.size(), point.trials.size()));
        row.push_back(fmt::format("{:.0f}", point.seconds));
    }
    return rows;
}

}  // namespace graph
