// Reads what runs left in their folders, and makes the table.
#include "graph/sweep/results.hpp"

#include "graph/run_folder.hpp"

#include <charconv>
#include <cmath>
#include <fstream>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace graph {

namespace {

std::vector<std::string> cells_of(const std::string& line) {
    std::vector<std::string> cells(1);
    for (const char c : line)
        if (c == ',')
            cells.emplace_back();
        else if (c != '\r')
            cells.back() += c;
    return cells;
}

double number(const std::string& text) {
    double value = std::nan("");
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

/// Finds the sweep's figure in a run's metrics.csv: epoch, model, split, metric, value.
void read_metrics(const Sweep& sweep, const std::filesystem::path& file, TrialResult& result) {
    const SweepMetric& wanted = sweep.section.metric;
    std::ifstream in(file);
    std::set<std::string> models, names;
    std::string line;
    for (std::getline(in, line); std::getline(in, line);) {
        const auto cells = cells_of(line);
        if (cells.size() != 5) continue;
        if (cells[3] == "seconds" && std::isfinite(number(cells[4])))
            result.seconds += number(cells[4]);
        names.insert(cells[2] + " " + cells[3]);
        if (cells[2] != wanted.split || cells[3] != wanted.name) continue;
        if (!wanted.model.empty() && cells[1] != wanted.model) continue;
        models.insert(cells[1]);
        result.epoch = static_cast<int>(number(cells[0]));
        result.value = number(cells[4]);
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

/// The trials of one choice of settings.
struct Point {
    const Trial* first = nullptr;
    std::vector<double> values;
    size_t trials = 0;
    double seconds = 0;

    double mean() const {
        double sum = 0;
        for (const double value : values) sum += value;
        return sum / static_cast<double>(values.size());
    }
    /// The standard deviation, as one of a sample.
    double spread() const {
        double sum = 0;
        for (const double value : values) sum += (value - mean()) * (value - mean());
        return std::sqrt(sum / static_cast<double>(values.size() - 1));
    }
};

std::vector<Point> points_of(const Sweep& sweep, const std::vector<TrialResult>& results) {
    std::map<int, Point> by_point;
    for (size_t i = 0; i < results.size(); ++i) {
        Point& point = by_point[sweep.trials[i].point];
        if (!point.first) point.first = &sweep.trials[i];
        ++point.trials;
        point.seconds += results[i].seconds;
        if (results[i].state == TrialResult::State::done && results[i].value &&
            std::isfinite(*results[i].value))
            point.values.push_back(*results[i].value);
    }
    std::vector<Point> points;
    for (auto& [number, point] : by_point) points.push_back(std::move(point));
    const double sign = sweep.section.metric.goal == "max" ? -1 : 1;
    std::stable_sort(points.begin(), points.end(), [&](const Point& a, const Point& b) {
        // The mean of some seeds is not to be held against that of all.
        const auto left = [](const Point& one) { return one.trials - one.values.size(); };
        if (left(a) != left(b)) return left(a) < left(b);
        if (a.values.empty()) return false;
        return sign * a.mean() < sign * b.mean();
    });
    return points;
}

using Rows = std::vector<std::vector<std::string>>;

Rows table_of(const Sweep& sweep, const std::vector<TrialResult>& results) {
    Rows rows{short_names(sweep.paths)};
    const std::string figure = sweep.section.metric.split + " " + sweep.section.metric.name;
    for (const auto& name : {figure, std::string("spread"), std::string("from"), std::string("to"),
                             std::string("done"), std::string("s")})
        rows[0].push_back(name);
    for (const Point& point : points_of(sweep, results)) {
        auto& row = rows.emplace_back(point.first->values);
        const auto& values = point.values;
        const auto add = [&](bool known, double value) {
            row.push_back(known ? fmt::format("{:.4g}", value) : "");
        };
        add(!values.empty(), values.empty() ? 0 : point.mean());
        add(values.size() > 1, values.size() > 1 ? point.spread() : 0);
        const auto [least, most] = std::minmax_element(values.begin(), values.end());
        add(values.size() > 1, values.empty() ? 0 : *least);
        add(values.size() > 1, values.empty() ? 0 : *most);
        row.push_back(fmt::format("{} of {}", values.size(), point.trials));
        row.push_back(fmt::format("{:.0f}", point.seconds));
    }
    return rows;
}

/// As Markdown that lines up as plain text too.
std::string markdown(const Rows& rows) {
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

}  // namespace

std::string TrialResult::text() const {
    if (state == State::done) return "done";
    if (state == State::not_begun && exit_code <= 0) return "not begun";
    if (exit_code == exit_stopped) return "stopped";
    return exit_code > 0 ? fmt::format("exit code {}", exit_code) : "unfinished";
}

TrialResult read_result(const Sweep& sweep, const Trial& trial) {
    TrialResult result;
    if (!std::filesystem::exists(trial.folder / "resolved.yaml")) return result;
    std::ifstream file(trial.folder / "run.json");
    const auto status = nlohmann::json::parse(file, nullptr, false);
    if (status.is_object()) result.exit_code = status.value("exit_code", -1);
    result.state =
        result.exit_code == exit_done ? TrialResult::State::done : TrialResult::State::unfinished;
    read_metrics(sweep, trial.folder / "metrics.csv", result);
    return result;
}

int collect(const Sweep& sweep, const std::map<int, int>& codes) {
    std::vector<TrialResult> results;
    std::set<int> failures;
    std::string unfinished;
    for (const Trial& trial : sweep.trials) {
        TrialResult& result = results.emplace_back(read_result(sweep, trial));
        if (const auto code = codes.find(trial.number); code != codes.end() && code->second != 0) {
            result.exit_code = code->second;
            if (result.state == TrialResult::State::done)
                result.state = TrialResult::State::unfinished;
        }
        if (result.state == TrialResult::State::done) continue;
        failures.insert(result.exit_code > 0 ? result.exit_code : exit_incomplete);
        unfinished += fmt::format("trial {} ({}): {}; see {}.log\n", trial.number,
                                  trial.text(sweep.paths), result.text(), trial.folder.string());
    }
    const std::string table = markdown(table_of(sweep, results));
    std::filesystem::create_directories(sweep.out);
    const RunFolder folder(sweep.out, true);
    folder.write("sweep.csv", csv(sweep, results));
    const auto& metric = sweep.section.metric;
    folder.write("sweep.md",
                 fmt::format("# {}\n\nBy the {} {} after the last epoch, the {} first; mean, "
                             "standard deviation and range over the seeds.\n\n{}{}{}",
                             sweep.pipeline.stem().string(), metric.split, metric.name,
                             metric.goal == "max" ? "greatest" : "least", table,
                             unfinished.empty() ? "" : "\nNot in the table:\n\n", unfinished));
    fmt::print("{}{}\n", table, sweep.out.string());
    fmt::print(stderr, "{}", unfinished);
    if (failures.empty()) return exit_done;
    // Stopped ones only: run it again. What is wrong with one of several is said above.
    return failures.size() == 1 ? *failures.begin() : int{exit_incomplete};
}

}  // namespace graph
