// Reads what runs left in their folders.
#include "graph/sweep/results.hpp"

#include "graph/engine.hpp"
#include "graph/report/csv_text.hpp"
#include "graph/report/status.hpp"

#include <cmath>
#include <set>

#include <fmt/format.h>

namespace graph {

namespace {

/// Finds the sweep's figure in a run's metrics.csv.
void read_metrics(const Sweep& sweep, const std::filesystem::path& file, TrialResult& result) {
    const SweepMetric& wanted = sweep.section.metric;
    std::set<std::string> models, names;
    for (report::Curve& curve : report::read_curves(report::read_bytes(file))) {
        if (curve.metric == "seconds")
            for (const auto& [epoch, seconds] : curve.points)
                if (std::isfinite(seconds)) result.seconds += seconds;
        names.insert(curve.split + " " + curve.metric);
        if (curve.metric != wanted.name) continue;
        if (!wanted.model.empty() && curve.model != wanted.model) continue;
        if (curve.split == wanted.split) {
            models.insert(curve.model);
            result.epoch = static_cast<int>(curve.points.back().first);
            result.value = curve.last();
        }
        result.curves.push_back(std::move(curve));
    }
    if (models.size() > 1)
        throw ConfigurationError(
            fmt::format("{}: {} models have a {} {}; say which in the sweep: metric: {{model: {}}}",
                        file.string(), models.size(), wanted.split, wanted.name, *models.begin()));
    if (result.state == TrialResult::State::done && models.empty())
        throw ConfigurationError(
            fmt::format("{}: there is no {} {}{}, which the sweep judges by; there are {}",
                        file.string(), wanted.split, wanted.name,
                        wanted.model.empty() ? "" : " of a model '" + wanted.model + "'",
                        fmt::join(names, ", ")));
}

/// Of a run that never came to write what became of it, its log's last line.
std::string last_line(const std::filesystem::path& log) {
    std::string text = report::read_bytes(log);
    text.erase(text.find_last_not_of(" \r\n") + 1);
    return text.substr(text.rfind('\n') + 1);
}

std::string reason_of(const report::Status& status, const Trial& trial) {
    std::string reason = status.message;
    if (!status.bad_inputs.empty()) {
        const auto& bad = status.bad_inputs.front();
        reason += fmt::format("{}{}{}{}", reason.empty() ? "" : "; ", bad.file,
                              bad.file.empty() ? "" : ": ", bad.reason);
    }
    return reason.empty() ? last_line(trial.folder.string() + ".log") : reason;
}

}  // namespace

bool TrialResult::judged() const { return state == State::done && value && std::isfinite(*value); }

std::string TrialResult::text() const {
    if (state == State::done) return "done";
    if (state == State::not_begun && exit_code <= 0) return "not begun";
    if (exit_code == exit_stopped) return "stopped";
    return exit_code > 0 ? fmt::format("exit code {}", exit_code) : "unfinished";
}

TrialResult read_result(const Sweep& sweep, const Trial& trial) {
    TrialResult result;
    if (std::filesystem::exists(trial.folder / "resolved.yaml")) {
        const auto status = report::read_status(trial.folder / "run.json");
        result.exit_code = status.exit_code.value_or(-1);
        result.state = result.exit_code == exit_done ? TrialResult::State::done
                                                     : TrialResult::State::unfinished;
        read_metrics(sweep, trial.folder / "metrics.csv", result);
        if (result.state != TrialResult::State::done) result.reason = reason_of(status, trial);
    } else {
        result.reason = last_line(trial.folder.string() + ".log");
    }
    return result;
}

}  // namespace graph
