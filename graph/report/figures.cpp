// See figures.hpp.
#include "graph/report/figures.hpp"

#include "graph/report/csv_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <tuple>

namespace graph::report {

std::optional<double> parse_number(const std::string& text) {
    double value = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    return error == std::errc() && stop == end ? std::optional(value) : std::nullopt;
}

std::vector<Curve> read_curves(std::string_view csv) {
    const CsvText table = parse_csv_text(csv);
    constexpr std::array names = {"epoch", "model", "split", "metric", "value"};
    std::array<size_t, names.size()> at{};
    for (size_t i = 0; i < names.size(); ++i) {
        const auto found = std::find(table.columns.begin(), table.columns.end(), names[i]);
        if (found == table.columns.end()) return {};
        at[i] = static_cast<size_t>(found - table.columns.begin());
    }
    // By metric, model, and split with "train" first.
    std::map<std::tuple<std::string, std::string, bool, std::string>, std::map<double, double>> all;
    for (const auto& row : table.rows) {
        const auto epoch = parse_number(row[at[0]]), value = parse_number(row[at[4]]);
        if (!epoch || !value || !std::isfinite(*epoch)) continue;
        all[{row[at[3]], row[at[1]], row[at[2]] != "train", row[at[2]]}][*epoch] = *value;
    }
    std::vector<Curve> curves;
    for (const auto& [key, points] : all)
        curves.push_back(
            {std::get<1>(key), std::get<3>(key), std::get<0>(key), {points.begin(), points.end()}});
    return curves;
}

Better better(std::string_view metric) {
    const auto has = [&](std::string_view word) { return metric.find(word) != metric.npos; };
    if (has("psnr") || has("ssim") || has("accuracy") || has("recall")) return Better::higher;
    if (metric == "loss" || has("mse") || has("distortion") || has("bits") || has("bpp") ||
        has("rate_loss") || has("error") || has("seconds"))
        return Better::lower;
    return Better::unknown;
}

const char* text(Better way) {
    switch (way) {
        case Better::lower:
            return "lower is better";
        case Better::higher:
            return "higher is better";
        case Better::unknown:
            break;
    }
    return "";
}

int rank(std::string_view metric) {
    if (metric == "loss") return 0;
    if (metric.find("seconds") != metric.npos) return 3;
    return better(metric) == Better::unknown ? 2 : 1;
}

std::optional<std::pair<double, double>> best(const Curve& curve) {
    const Better way = better(curve.metric);
    if (way == Better::unknown) return std::nullopt;
    std::optional<std::pair<double, double>> found;
    for (const auto& point : curve.points)
        if (!std::isnan(point.second) &&
            (!found ||
             (way == Better::lower ? point.second < found->second : point.second > found->second)))
            found = point;
    return found;
}

std::vector<std::pair<double, double>> thin(const std::vector<std::pair<double, double>>& points,
                                            size_t most) {
    std::vector<std::pair<double, double>> finite, kept;
    std::copy_if(points.begin(), points.end(), std::back_inserter(finite),
                 [](const auto& point) { return std::isfinite(point.second); });
    if (finite.size() <= most) return finite;
    const size_t stretches = std::max<size_t>(1, most / 2);
    kept.push_back(finite.front());
    for (size_t i = 0; i < stretches; ++i) {
        const auto from = finite.begin() + static_cast<long>(finite.size() * i / stretches);
        const auto to = finite.begin() + static_cast<long>(finite.size() * (i + 1) / stretches);
        auto [low, high] = std::minmax_element(
            from, to, [](const auto& a, const auto& b) { return a.second < b.second; });
        if (high < low) std::swap(low, high);
        for (const auto point : {low, high})
            if (*point != kept.back()) kept.push_back(*point);
    }
    if (kept.back() != finite.back()) kept.push_back(finite.back());
    return kept;
}

}  // namespace graph::report
