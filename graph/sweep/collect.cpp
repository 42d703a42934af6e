// See collect.hpp.
#include "graph/sweep/collect.hpp"

#include "graph/engine.hpp"
#include "graph/run_folder.hpp"
#include "graph/sweep/points.hpp"
#include "graph/sweep/report.hpp"

#include <set>

#include <fmt/format.h>

namespace graph {

namespace {

/// As Markdown that lines up as plain text too.
std::string markdown(const std::vector<std::vector<std::string>>& rows) {
    std::vector<size_t> widths(rows.at(0).size());
    for (const auto& row : rows)
        for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    std::string text;
    for (size_t r = 0; r < rows.size(); ++r) {
        for (size_t i = 0; i < widths.size(); ++i)
            text += fmt::format("| {:<{}} ", rows[r][i], widths[i]);
        text += "|\n";
        if (r > 0) continue;
        for (const size_t width : widths) text += "|" + std::string(width + 2, '-');
        text += "|\n";
    }
    return text;
}

std::string csv_cell(const std::string& text) {
    if (text.find_first_of(",\"\n") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
    return quoted + "\"";
}

std::string csv(const Sweep& sweep, const std::vector<TrialResult>& results) {
    const auto& metric = sweep.section.metric;
    std::string text = "trial";
    for (const auto& path : sweep.paths) text += "," + csv_cell(path);
    text += fmt::format(",seed,state,epoch,{}_{},seconds,folder\n", metric.split, metric.name);
    for (size_t i = 0; i < results.size(); ++i) {
        const Trial& trial = sweep.trials[i];
        const TrialResult& result = results[i];
        text += std::to_string(trial.number);
        for (const auto& value : trial.values) text += "," + csv_cell(value);
        text += fmt::format(",{},{},{},{},{:.1f},{}\n", trial.seed, result.text(),
                            result.epoch > 0 ? std::to_string(result.epoch) : "",
                            result.value ? fmt::format("{}", *result.value) : "", result.seconds,
                            csv_cell(trial.folder.filename().string()));
    }
    return text;
}

/// The results of all trials; how those ended that did just now is known better.
std::vector<TrialResult> read_results(const Sweep& sweep, const std::map<int, int>& codes) {
    std::vector<TrialResult> results;
    for (const Trial& trial : sweep.trials) {
        TrialResult& result = results.emplace_back(read_result(sweep, trial));
        const auto code = codes.find(trial.number);
        if (code == codes.end() || code->second == exit_done) continue;
        result.exit_code = code->second;
        if (result.state == TrialResult::State::done) result.state = TrialResult::State::unfinished;
    }
    return results;
}

/// The tables are there: a report that cannot be made is no failure of the sweep.
void write_report(const Sweep& sweep, const std::vector<TrialResult>& results,
                  const RunFolder& folder) try {
    folder.write("report.html", sweep_report(sweep, results));
} catch (const std::exception& error) {
    fmt::print(stderr, "warning: no report: {}\n", error.what());
}

}  // namespace

int collect(const Sweep& sweep, const std::map<int, int>& codes) {
    const auto results = read_results(sweep, codes);
    std::set<int> failures;
    std::string unfinished;
    for (size_t i = 0; i < results.size(); ++i) {
        const TrialResult& result = results[i];
        const Trial& trial = sweep.trials[i];
        if (result.state == TrialResult::State::done) continue;
        failures.insert(result.exit_code > 0 ? result.exit_code : int{exit_incomplete});
        unfinished += fmt::format("trial {} ({}): {}; see {}.log\n", trial.number,
                                  trial.text(sweep.paths), result.text(), trial.folder.string());
    }
    const std::string table = markdown(table_of(sweep, points_of(sweep, results)));
    make_folder(sweep.out);
    const RunFolder folder(sweep.out, true);
    folder.write("sweep.csv", csv(sweep, results));
    const auto& metric = sweep.section.metric;
    folder.write("sweep.md",
                 fmt::format("# {}\n\nBy the {} after the last epoch, the {} first; mean, "
                             "standard deviation and range over the seeds.\n\n{}{}{}",
                             sweep.pipeline.stem().string(), metric.text(),
                             metric.goal == "max" ? "greatest" : "least", table,
                             unfinished.empty() ? "" : "\nNot in the table:\n\n", unfinished));
    write_report(sweep, results, folder);
    fmt::print("{}{}\n", table, sweep.out.string());
    fmt::print(stderr, "{}", unfinished);
    if (failures.empty()) return exit_done;
    // Stopped ones only: run it again. What is wrong with one of several is said above.
    return failures.size() == 1 ? *failures.begin() : int{exit_incomplete};
}

}  // namespace graph
