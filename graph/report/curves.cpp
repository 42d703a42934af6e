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

/// Where a metric ended in each split, and the best of the last one, which was held out.
std::vector<std::string> row_of(const std::string& metric,
                                const std::map<std::string, const Curve*>& found,
                                const std::vector<std::string>& splits) {
    std::vector<std::string> row = {escape(metric)};
    const Curve* judged = nullptr;
    for (const auto& split : splits) {
        const auto curve = found.find(split);
        row.push_back(curve == found.end() ? "" : short_number(curve->second->last()));
        if (curve != found.end()) judged = curve->second;
    }
    const auto point = judged && judged->points.size() > 1 ? best(*judged) : std::nullopt;
    row.push_back(point ? short_number(point->second) : "");
    row.push_back(point ? short_number(point->first) : "");
    return row;
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
        chart.logarithmic = better(curve.metric) != Better::higher;
        // Of one model the splits have the colours, of several the models; training is dashed.
        const bool train = curve.split == "train";
        const size_t split = train ? 0 : 1 + index_of(splits, curve.split);
        chart.lines.push_back({models.size() > 1 ? curve.model : curve.split, curve.points,
                               models.size() > 1 ? index_of(models, curve.model) : split, train});
    }
    std::string html;
    for (auto& [key, chart] : charts) {
        if (models.size() > 1 && chart.lines.size() > models.size())
            chart.note += chart.note.empty() ? "train dashed" : ", train dashed";
        html += to_html(chart);
    }
    return html.empty() ? html : "<div class=charts>\n" + html + "</div>\n";
}

std::string figures_part(const Record& record) {
    std::vector<std::string> splits;
    for (const Curve& curve : record.curves)
        if (std::find(splits.begin(), splits.end(), curve.split) == splits.end())
            splits.push_back(curve.split);
    std::stable_partition(splits.begin(), splits.end(),
                          [](const std::string& split) { return split == "train"; });
    std::string html;
    for (const auto& model : models_of(record.curves)) {
        std::map<std::pair<int, std::string>, std::map<std::string, const Curve*>> rows;
        for (const Curve& curve : record.curves)
            if (curve.model == model)
                rows[{rank(curve.metric), curve.metric}][curve.split] = &curve;
        HtmlTable table{{"metric"}, {}};
        for (const auto& split : splits) table.columns.push_back(escape(split));
        table.columns.emplace_back("best");
        table.columns.emplace_back("epoch");
        for (const auto& [key, found] : rows)
            table.rows.push_back(row_of(key.second, found, splits));
        html += "<div><h3>" + escape(model) + "</h3>\n" +
                to_html(without_empty_columns(std::move(table))) + "</div>\n";
    }
    return html.empty() ? html : "<div class=pair>\n" + html + "</div>\n";
}

}  // namespace graph::report
