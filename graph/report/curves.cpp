// Curves of all figures over the epochs, training and test in one chart, and the table of where
// they ended.
#include "graph/report/html.hpp"
#include "graph/report/sections.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

namespace graph::report {
namespace {

template <class T>
size_t index_of(const std::set<T>& all, const T& one) {
    return static_cast<size_t>(std::distance(all.begin(), all.find(one)));
}

std::set<std::string> models_of(const std::vector<Curve>& curves) {
    std::set<std::string> models;
    for (const Curve& curve : curves) models.insert(curve.model);
    return models;
}

}  // namespace

std::string curves_part(const Record& record) {
    const auto models = models_of(record.curves);
    std::set<std::string> splits;
    for (const Curve& curve : record.curves)
        if (curve.split != "train") splits.insert(curve.split);
    std::map<std::pair<int, std::string>, Chart> charts;
    for (const Curve& curve : record.curves) {
        Chart& chart = charts[{rank(curve.metric), curve.metric}];
        chart.title = curve.metric;
        chart.note = text(better(curve.metric));
        // Of one model the splits have the colours, of several the models; training is dashed.
        const bool train = curve.split == "train";
        const size_t split = train ? 0 : 1 + index_of(splits, curve.split);
        chart.lines.push_back({models.size() > 1 ? curve.model + ", " + curve.split : curve.split,
                               curve.points,
                               models.size() > 1 ? index_of(models, curve.model) : split, train});
    }
    std::string html;
    for (const auto& [key, chart] : charts) html += to_html(chart);
    return html.empty() ? html : "<div class=charts>\n" + html + "</div>\n";
}

std::string figures_part(const Record& record) {
    std::vector<std::string> splits;
    for (const Curve& curve : record.curves)
        if (std::find(splits.begin(), splits.end(), curve.split) == splits.end())
            splits.push_back(curve.split);
    std::stable_partition(splits.begin(), splits.end(),
                          [](const std::string& split) { return split == "train"; });
    std::map<std::tuple<std::string, int, std::string>, std::map<std::string, const Curve*>> rows;
    for (const Curve& curve : record.curves)
        rows[{curve.model, rank(curve.metric), curve.metric}][curve.split] = &curve;

    HtmlTable table{{"model", "metric"}, {}, 2};
    for (const auto& split : splits) table.columns.push_back(escape(split));
    table.columns.push_back("best");
    table.columns.push_back("at epoch");
    for (const auto& [key, found] : rows) {
        std::vector<std::string> row = {escape(std::get<0>(key)), escape(std::get<2>(key))};
        const Curve* judged = nullptr;  // of the last split: the one that was held out
        for (const auto& split : splits) {
            const auto curve = found.find(split);
            row.push_back(curve == found.end() ? "" : short_number(curve->second->last()));
            if (curve != found.end()) judged = curve->second;
        }
        const auto point = judged && judged->points.size() > 1 ? best(*judged) : std::nullopt;
        row.push_back(point ? short_number(point->second) : "");
        row.push_back(point ? short_number(point->first) : "");
        table.rows.push_back(std::move(row));
    }
    if (models_of(record.curves).size() > 1) return to_html(table);
    table.text_columns = 1;  // what is always the same is said once
    table.columns.erase(table.columns.begin());
    for (auto& row : table.rows) row.erase(row.begin());
    return table.rows.empty() ? ""
                              : "<p>" + escape(record.curves[0].model) + "</p>\n" + to_html(table);
}

}  // namespace graph::report
