// Several runs beside each other: what was set differently, and what came of it.
#include "graph/paths.hpp"
#include "graph/report/html.hpp"
#include "graph/report/report.hpp"
#include "graph/report/sections.hpp"
#include "graph/yaml.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <fmt/format.h>

namespace graph::report {
namespace {

using Settings = std::map<std::string, std::string>;

/// Every option by its path, as --set has it. A list is one option.
void flatten(const Value& value, const std::string& path, Settings& into) {
    if (value.kind == Value::Kind::map)
        for (const auto& [key, item] : value.entries) flatten(item, path + "." + key.text, into);
    else
        into[path] = value.kind == Value::Kind::scalar ? value.text : write_yaml(value);
}

/// Of a node that is not in all of the runs its op alone.
Settings settings_of(const Record& record, const std::vector<Record>& runs) {
    Settings settings;
    flatten(record.run, "run", settings);
    for (const auto& [id, node] : record.nodes.entries) {
        const bool everywhere = std::all_of(
            runs.begin(), runs.end(),
            [&id = id](const Record& run) { return run.nodes.find(id.text) != nullptr; });
        const Value* const op = node.find("op");
        if (everywhere)
            flatten(node, "nodes." + id.text, settings);
        else
            settings["nodes." + id.text] = op ? op->text : "";
    }
    settings.erase("run.out");  // always another
    return settings;
}

/// What an option is that was not set, as this program has it.
std::optional<std::string> default_of(const Record& record, const std::string& path) {
    const auto find = [&](const std::vector<Param>& params,
                          const std::string& section) -> std::optional<std::string> {
        if (!path.starts_with(section)) return std::nullopt;
        for (const Param& param : params)
            if (path.substr(section.size()) == param.name) return param.fallback;
        return std::nullopt;
    };
    for (const auto& [id, node] : record.nodes.entries) {
        const Value* const op = node.find("op");
        const auto spec = registry().find(op ? op->text : "");
        if (spec == registry().end()) continue;
        if (auto value = find(spec->second.params, "nodes." + id.text + ".with.")) return value;
    }
    return find(settings_params(), "run.");
}

/// A model of a run: a column of the figures, a line of the charts.
struct Column {
    std::string name;
    std::map<std::pair<std::string, std::string>, const Curve*> curves;  // by metric and split
};

class Comparison {
  public:
    explicit Comparison(const std::vector<std::filesystem::path>& folders)
        : labels_(labels_of(folders)) {
        for (const auto& folder : folders) runs_.push_back(read_record(folder));
        for (size_t i = 0; i < runs_.size(); ++i) {
            std::map<std::string, Column> models;
            for (const Curve& curve : runs_[i].curves)
                models[curve.model].curves[{curve.metric, curve.split}] = &curve;
            for (auto& [model, column] : models) {
                column.name = labels_[i] + (models.size() > 1 ? ", " + model : "");
                for (const auto& [key, curve] : column.curves)
                    rows_.insert({rank(key.first), key.first, key.second != "train", key.second});
                columns_.push_back(std::move(column));
            }
        }
    }

    std::string title() const {
        std::string title;
        for (const auto& label : labels_) title += (title.empty() ? "" : ", ") + label;
        return title;
    }

    std::string overview() const {
        HtmlTable table{
            {"run", "pipeline", "how it ended", "took", "bad inputs", "threads", "host", "version"},
            {},
            3};
        for (size_t i = 0; i < runs_.size(); ++i) {
            const Status& status = runs_[i].status;
            table.rows.push_back({escape(labels_[i]) + note(escape(runs_[i].folder.string())),
                                  escape(runs_[i].pipeline), state_of(runs_[i]),
                                  status.seconds ? duration(*status.seconds) : "",
                                  whole_number(status.bad_inputs.size()),
                                  status.threads ? std::to_string(*status.threads) : "",
                                  escape(status.host), escape(status.version)});
        }
        return to_html(without_empty_columns(std::move(table)));
    }

    std::string differences() const {
        std::vector<Settings> all;
        std::set<std::string> paths;
        for (const Record& run : runs_) {
            all.push_back(settings_of(run, runs_));
            for (const auto& [path, value] : all.back()) paths.insert(path);
        }
        HtmlTable table{{"setting"}, {}, 1 + runs_.size()};
        for (const auto& label : labels_) table.columns.push_back(escape(label));
        for (const auto& path : paths) {
            std::vector<std::string> row = {escape(path)};
            std::set<std::string> values;
            for (size_t i = 0; i < runs_.size(); ++i) {
                const auto found = all[i].find(path);
                const bool set = found != all[i].end();
                const auto value = set ? found->second : default_of(runs_[i], path);
                values.insert(value.value_or(""));
                row.push_back(escape(value.value_or("")) + (set     ? ""
                                                            : value ? note("default")
                                                                    : note("not set")));
            }
            if (values.size() > 1) table.rows.push_back(std::move(row));
        }
        return table.rows.empty() ? "<p>All settings are the same.</p>\n" : to_html(table);
    }

    std::string figures() const {
        HtmlTable table{{"metric", "split"}, {}, 2};
        for (const Column& column : columns_) table.columns.push_back(escape(column.name));
        for (const auto& [order, metric, held_out, split] : rows_) {
            const double best = best_of(metric, split);
            std::vector<std::string> row = {escape(metric), escape(split)};
            for (const Column& column : columns_) {
                const Curve* const curve = find(column, metric, split);
                const std::string text = curve ? short_number(curve->last()) : "";
                row.push_back(curve && curve->last() == best ? "<b title=best>" + text + "</b>"
                                                             : text);
            }
            table.rows.push_back(std::move(row));
        }
        if (!table.rows.empty()) table.note = "Of the last epoch; the best of each row is bold.";
        return to_html(table);
    }

    std::string curves() const {
        std::string html;
        for (const auto& [order, metric, held_out, split] : rows_) {
            const std::string way = text(better(metric));
            Chart chart{metric,
                        split + (way.empty() ? "" : ", " + way),
                        {},
                        better(metric) != Better::higher};
            for (size_t i = 0; i < columns_.size(); ++i)
                if (const Curve* const curve = find(columns_[i], metric, split))
                    chart.lines.push_back({columns_[i].name, curve->points, i, i % 16 >= 8});
            html += to_html(chart);
        }
        return html.empty() ? html : "<div class=charts>\n" + html + "</div>\n";
    }

    /// Those of one name under each other.
    std::string pictures() const {
        std::map<std::string, std::string> by_name;
        size_t size = 0;
        for (size_t i = 0; i < runs_.size(); ++i)
            for (const auto& file : runs_[i].files_like(".png"))
                if (size < largest_pictures) {
                    const std::string shown = picture(file, labels_[i]);
                    by_name[file.filename().string()] += shown;
                    size += shown.size();
                }
        std::string html;
        for (const auto& [name, shown] : by_name)
            if (!shown.empty()) html += "<h3>" + escape(name) + "</h3>\n" + shown;
        return html;
    }

  private:
    static std::string note(const std::string& text) {
        return " <span class=note>" + text + "</span>";
    }

    static constexpr size_t largest_pictures = 16'000'000;  // bytes of HTML

    static const Curve* find(const Column& column, const std::string& metric,
                             const std::string& split) {
        const auto found = column.curves.find({metric, split});
        return found == column.curves.end() ? nullptr : found->second;
    }

    /// NaN if there is no telling, or nothing to compare.
    double best_of(const std::string& metric, const std::string& split) const {
        std::vector<double> values;
        for (const Column& column : columns_)
            if (const Curve* const curve = find(column, metric, split))
                if (!std::isnan(curve->last())) values.push_back(curve->last());
        const Better way = better(metric);
        if (values.size() < 2 || way == Better::unknown) return std::nan("");
        const auto [low, high] = std::minmax_element(values.begin(), values.end());
        if (*low == *high) return std::nan("");
        return way == Better::lower ? *low : *high;
    }

    std::vector<Record> runs_;
    std::vector<std::string> labels_;  // of the runs
    std::vector<Column> columns_;
    std::set<std::tuple<int, std::string, bool, std::string>> rows_;  // rank, metric, split
};

}  // namespace

std::string comparison(const std::vector<std::filesystem::path>& folders) {
    const Comparison runs(folders);
    return page(runs.title(), fmt::format("<header><h1>{}</h1></header>\n", escape(runs.title())) +
                                  runs.overview() +
                                  section("settings", "Settings that differ", runs.differences()) +
                                  section("figures", "Figures", runs.figures()) +
                                  section("curves", "Curves", runs.curves()) +
                                  section("pictures", "Pictures", runs.pictures()) +
                                  fmt::format("<footer>latentflow {}</footer>\n", version()));
}

}  // namespace graph::report
