// Where the time went: a row for each node, and the sentence on what held the run back.
#include "graph/report/html.hpp"
#include "graph/report/sections.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace graph::report {
namespace {

std::string key(const char* kind) {
    return fmt::format("<i class=\"key {0}\"></i><span>{0}</span>", kind);
}

std::string bar(const NodeProfile& node, double longest) {
    const auto piece = [&](const char* kind, double seconds) {
        return fmt::format("<i class={} style=\"width:{:.1f}%\"></i>", kind,
                           longest > 0 ? 100 * seconds / longest : 0);
    };
    return "<div class=bar>" + piece("busy", node.busy) + piece("starved", node.starved) +
           piece("blocked", node.blocked) + "</div>";
}

/// In the order of the drawing; nodes that it does not have come last.
std::vector<NodeProfile> in_order(const Record& record) {
    std::map<std::string, size_t> places;
    for (const auto& node : record.sketch.nodes) places.emplace(node.id, places.size());
    auto profile = record.status.profile;
    const auto place = [&](const NodeProfile& node) {
        const auto found = places.find(node.id);
        return found == places.end() ? places.size() : found->second;
    };
    std::stable_sort(profile.begin(), profile.end(),
                     [&](const auto& a, const auto& b) { return place(a) < place(b); });
    return profile;
}

}  // namespace

std::string profile_part(const Record& record) {
    const auto profile = in_order(record);
    if (profile.empty()) return {};
    HtmlTable table{{"node", "values", "failed"}, {}};
    double longest = 0;
    if (record.status.timed) {
        for (const char* column : {"busy s", "starved s", "blocked s", "waiting, mean", "most"})
            table.columns.emplace_back(column);
        table.columns.insert(table.columns.begin() + 1, "time");
        table.text_columns = 2;
        for (const auto& node : profile)
            longest = std::max(longest, node.busy + node.starved + node.blocked);
    }
    for (const auto& node : profile) {
        auto& row = table.rows.emplace_back();
        row.push_back(escape(node.id));
        if (record.status.timed) row.push_back(bar(node, longest));
        row.push_back(whole_number(node.values));
        row.push_back(whole_number(node.failed));
        if (!record.status.timed) continue;
        for (const double seconds : {node.busy, node.starved, node.blocked})
            row.push_back(fmt::format("{:.2f}", seconds));
        row.push_back(fmt::format("{:.1f}", node.queue_mean));
        row.push_back(whole_number(node.queue_most));
    }
    std::string text;
    if (!record.status.bottleneck.empty())
        text += "<p>Bottleneck: " + escape(record.status.bottleneck) + "</p>\n";
    if (record.status.timed)
        text += "<p class=note>" + key("busy") + key("starved") + key("blocked") + "</p>\n";
    return text + to_html(table);
}

}  // namespace graph::report
