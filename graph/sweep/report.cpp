// The page of a sweep: which settings did best, what each setting does to the figure, the curves
// laid over each other, and what became of every trial.
#include "graph/sweep/report.hpp"

#include "graph/engine.hpp"
#include "graph/paths.hpp"
#include "graph/report/chart.hpp"
#include "graph/report/html.hpp"
#include "graph/report/scatter.hpp"
#include "graph/sweep/points.hpp"

#include <algorithm>
#include <cctype>
#include <set>

#include <fmt/format.h>

namespace graph {
namespace {

using report::escape;

constexpr size_t named_curves = 7;   // choices of settings with a colour of their own
constexpr size_t other_curves = 60;  // trials of the others, all in grey
constexpr size_t other_colour = 7;
constexpr size_t most_points = 200, most_trials = 1000;  // rows
constexpr size_t trials_shown_open = 25;

/// A word of a shell's command line.
std::string shell_word(const std::string& text) {
    const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) ||
               std::string_view("-_./=:,@%+").find(c) != std::string_view::npos;
    });
    if (plain) return text;
    std::string quoted = "'";
    for (const char c : text) quoted += c == '\'' ? "'\\''" : std::string(1, c);
    return quoted + "'";
}

class SweepPage {
  public:
    SweepPage(const Sweep& sweep, const std::vector<TrialResult>& results)
        : sweep_(sweep),
          results_(results),
          points_(points_of(sweep, results)),
          names_(short_names(sweep.paths)) {}

    std::string html() const {
        std::string links, body;
        const auto add = [&](const char* id, const char* title, const std::string& part) {
            if (part.empty()) return;
            links += fmt::format("<a href=\"#{}\">{}</a>\n", id, title);
            body += report::section(id, title, part);
        };
        add("not-done", "Not done", not_done());
        add("best", "The best settings", best());
        add("tried", "Settings tried", tried());
        add("effects", "What each setting does", effects());
        add("curves", "Curves", curves());
        add("trials", "Trials", trials());
        return report::page(sweep_.pipeline.stem().string(),
                            heading() + "<nav>" + links + "</nav>\n" + body +
                                fmt::format("<footer>latentflow {}</footer>\n", version()));
    }

  private:
    std::string metric() const { return sweep_.section.metric.text(); }
    bool greatest() const { return sweep_.section.metric.goal == "max"; }
    std::string way() const { return greatest() ? "higher is better" : "lower is better"; }

    std::string heading() const {
        const auto count = [&](auto what) {
            return std::count_if(results_.begin(), results_.end(), what);
        };
        const auto done = count([](const TrialResult& r) { return r.judged(); });
        const auto failed = count(
            [](const TrialResult& r) { return r.exit_code > 0 && r.exit_code != exit_stopped; });
        const bool all = done == std::ssize(results_);
        double seconds = 0;
        for (const TrialResult& result : results_) seconds += result.seconds;
        const auto path = std::filesystem::absolute(sweep_.out).lexically_normal();
        return fmt::format(
                   "<header>\n<h1>{}</h1>\n<p class=path>{}</p>\n"
                   "<p><span class=\"state {}\">{} of {} trials done{}</span></p>\n",
                   escape(sweep_.pipeline.stem().string()), escape(path.string()),
                   all          ? "good"
                   : failed > 0 ? "bad"
                                : "wary",
                   done, results_.size(), failed > 0 ? fmt::format(", {} failed", failed) : "") +
               report::to_facts(
                   {{"judged by", escape(metric()) + " after the last epoch, " + way()},
                    {"choices of settings", report::whole_number(points_.size())},
                    {"seeds",
                     report::whole_number(std::max<size_t>(1, sweep_.section.seeds.size()))},
                    {"training took", seconds > 0 ? report::duration(seconds) : ""}}) +
               "</header>\n";
    }

    std::string link(const Trial& trial, const std::string& text) const {
        const auto file = trial.folder / "report.html";
        std::error_code ignored;
        if (!std::filesystem::exists(file, ignored)) return text;
        const auto beside = trial.folder.filename() / file.filename();
        return fmt::format("<a href=\"{}\">{}</a>", report::relative_url(beside.string()), text);
    }

    /// "rate 0.001, encoder [16, 8, 8]", without the seed.
    std::string text(const Point& point) const {
        Trial trial = sweep_.trials[point.trials.front()];
        trial.seed.clear();
        return trial.text(sweep_.paths);
    }

    /// The trials that cannot be judged, and why.
    std::string not_done() const {
        report::HtmlTable table{{"trial", "settings", "state", "why"}, {}, 4};
        for (size_t i = 0; i < results_.size(); ++i) {
            const TrialResult& result = results_[i];
            if (result.judged()) continue;
            if (table.rows.size() == most_points) {
                table.note = fmt::format("The first {}; sweep.csv has all.", most_points);
                break;
            }
            const Trial& trial = sweep_.trials[i];
            const std::string why =
                result.state == TrialResult::State::done
                    ? fmt::format("its {} is {}", metric(), result.value.value_or(0))
                    : result.reason;
            table.rows.push_back({link(trial, std::to_string(trial.number)),
                                  escape(trial.text(sweep_.paths)), escape(result.text()),
                                  "<div class=reason>" + escape(why) + "</div>"});
        }
        return report::to_html(table);
    }

    std::string best() const {
        if (points_.empty() || points_.front().values.empty()) return {};
        const Trial& trial = sweep_.trials[points_.front().trials.front()];
        const auto shipped = shipped_pipelines();
        const bool by_name =
            std::find(shipped.begin(), shipped.end(), sweep_.pipeline) != shipped.end();
        std::string command = "pipeline run " + shell_word(by_name ? sweep_.pipeline.stem().string()
                                                                   : sweep_.pipeline.string());
        for (const auto& param : trial.overrides.params) command += " -p " + shell_word(param);
        for (const auto& set : trial.overrides.sets)
            if (!set.starts_with("run.out=") && !set.starts_with("run.seed="))
                command += " --set " + shell_word(set);
        // The pipeline's own folder is the sweep's.
        command += " --set " + shell_word("run.out=" + quoted_path(sweep_.out / "best"));
        return fmt::format("<p>{}</p>\n<pre>{}</pre>\n", escape(text(points_.front())),
                           escape(command));
    }

    /// A row for each choice of settings, the best first, with links to its trials.
    std::string tried() const {
        const auto rows = table_of(sweep_, points_);
        report::HtmlTable table;
        table.text_columns = sweep_.paths.size();
        for (const auto& name : rows.front()) table.columns.push_back(escape(name));
        table.columns.emplace_back("trials");
        for (size_t i = 0; i < points_.size() && i < most_points; ++i) {
            auto& row = table.rows.emplace_back();
            for (const auto& cell : rows[i + 1]) row.push_back(escape(cell));
            if (i == 0 && !points_[i].values.empty())
                row[table.text_columns] = "<b title=best>" + row[table.text_columns] + "</b>";
            std::string links;
            for (const size_t trial : points_[i].trials)
                links += (links.empty() ? "" : " ") +
                         link(sweep_.trials[trial], std::to_string(sweep_.trials[trial].number));
            row.push_back(links);
        }
        table.note = points_.size() > most_points
                         ? fmt::format("The best {} of {}.", most_points,
                                       report::whole_number(points_.size()))
                         : "The best first, by the mean over the seeds.";
        return report::to_html(report::without_empty_columns(std::move(table)));
    }

    /// The figure over each setting, a dot for each trial.
    std::string effects() const {
        const bool known = !points_.empty() && !points_.front().values.empty();
        std::string html;
        for (size_t at = 0; at < sweep_.paths.size(); ++at) {
            // What is drawn at random has hardly a value twice.
            report::Scatter chart{names_[at],
                                  metric() + ", " + way(),
                                  {},
                                  at < sweep_.section.over.size(),
                                  !greatest()};
            for (size_t i = 0; i < results_.size(); ++i) {
                if (!results_[i].judged()) continue;
                const Trial& trial = sweep_.trials[i];
                chart.points.push_back(
                    {trial.values[at], *results_[i].value,
                     fmt::format("trial {}, {}: {} {}", trial.number, trial.text(sweep_.paths),
                                 metric(), report::short_number(*results_[i].value)),
                     known && trial.point == sweep_.trials[points_.front().trials.front()].point});
            }
            html += report::to_html(chart);
        }
        if (html.empty()) return html;
        return "<div class=charts>\n" + html +
               "</div>\n<p class=note>A dot is a trial; those of the best settings are larger. "
               "Lines are means over the seeds, and over all that the other settings were.</p>\n";
    }

    /// Of each split, the best choices in colours and the others in grey below them.
    std::string curves() const {
        std::set<std::string> splits;
        for (const TrialResult& result : results_)
            for (const auto& curve : result.curves) splits.insert(curve.split);
        std::string html;
        for (const auto& split : splits) {
            report::Chart chart{sweep_.section.metric.name, split + ", " + way(), {}, !greatest()};
            std::vector<report::ChartLine> named;
            for (size_t rank = 0; rank < points_.size(); ++rank)
                for (const size_t trial : points_[rank].trials)
                    for (const auto& curve : results_[trial].curves) {
                        if (curve.split != split) continue;
                        if (rank < named_curves)
                            named.push_back({text(points_[rank]), curve.points, rank});
                        else if (chart.lines.size() < other_curves)
                            chart.lines.push_back({"others", curve.points, other_colour});
                    }
            chart.lines.insert(chart.lines.end(), named.begin(), named.end());
            html += report::to_html(chart);
        }
        return html.empty() ? html : "<div class=charts>\n" + html + "</div>\n";
    }

    /// Every trial by its number.
    std::string trials() const {
        report::HtmlTable table{{"trial"}, {}, 1 + sweep_.paths.size()};
        for (const auto& name : names_) table.columns.push_back(escape(name));
        for (const auto& name : {std::string("seed"), std::string("state"), metric(),
                                 std::string("epoch"), std::string("s")})
            table.columns.push_back(escape(name));
        for (size_t i = 0; i < results_.size() && i < most_trials; ++i) {
            const Trial& trial = sweep_.trials[i];
            const TrialResult& result = results_[i];
            auto& row = table.rows.emplace_back();
            row.push_back(link(trial, std::to_string(trial.number)));
            for (const auto& value : trial.values) row.push_back(escape(value));
            row.push_back(escape(trial.seed));
            row.push_back(escape(result.text()));
            row.push_back(result.value ? report::short_number(*result.value) : "");
            row.push_back(result.epoch > 0 ? std::to_string(result.epoch) : "");
            row.push_back(result.seconds > 0 ? fmt::format("{:.0f}", result.seconds) : "");
        }
        if (results_.size() > most_trials)
            table.note = fmt::format("The first {}; sweep.csv has all.", most_trials);
        return report::folded(fmt::format("{} trials", results_.size()),
                              report::to_html(report::without_empty_columns(std::move(table))),
                              results_.size() <= trials_shown_open);
    }

    const Sweep& sweep_;
    const std::vector<TrialResult>& results_;
    std::vector<Point> points_;
    std::vector<std::string> names_;
};

}  // namespace

std::string sweep_report(const Sweep& sweep, const std::vector<TrialResult>& results) {
    return SweepPage(sweep, results).html();
}

}  // namespace graph
