// The figures of metrics.csv as curves over the epochs.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graph::report {

/// Nothing if a text is no number, or more than one.
std::optional<double> parse_number(const std::string& text);

struct Curve {
    std::string model, split, metric;
    std::vector<std::pair<double, double>> points;  // epoch, value; sorted by epoch, never empty

    double last() const { return points.back().second; }
};

/// From the text of metrics.csv (epoch, model, split, metric, value), sorted by metric, model,
/// split, those of training first. What is no number is left out.
std::vector<Curve> read_curves(std::string_view csv);

/// Which of two values is better. Known of the metrics that have a better; of others, such as the
/// loss of a discriminator, nobody can tell.
enum class Better { unknown, lower, higher };
Better better(std::string_view metric);

const char* text(Better way);  // "lower is better", or empty

/// The order in which metrics are shown: what is optimised, what is judged by, the rest, the time.
int rank(std::string_view metric);

/// The best point of a curve; nothing if there is no telling.
std::optional<std::pair<double, double>> best(const Curve& curve);

/// At most about `most` points, with every spike: the least and the greatest of each stretch, the
/// first and the last. Not finite ones are left out.
std::vector<std::pair<double, double>> thin(const std::vector<std::pair<double, double>>& points,
                                            size_t most);

}  // namespace graph::report
