// See arguments.hpp.
#include "graph/commands/arguments.hpp"

#include "graph/report/report.hpp"
#include "graph/signals.hpp"

#include <cstdio>

#include <fmt/format.h>

namespace graph {

namespace {

/// An option that may be given several times, with one value each time.
void add_each(CLI::App& app, const std::string& name, std::vector<std::string>& into,
              const std::string& help, const std::string& value) {
    app.add_option(name, into, help)->type_name(value)->expected(1)->take_all();
}

/// A line for each node, in seconds, and what the bottleneck was.
void print_profile(const RunStatus& run) {
    fmt::print("{:<20} {:>10} {:>8} {:>10} {:>10} {:>10} {:>10} {:>10}\n", "node", "done", "failed",
               "waiting", "at most", "starved s", "blocked s", "busy s");
    for (const NodeStatus& node : run.nodes)
        fmt::print("{:<20} {:>10} {:>8} {:>10.1f} {:>10} {:>10.2f} {:>10.2f} {:>10.2f}\n", node.id,
                   node.values, node.failed, node.queue_mean, node.queue_most, node.starved_seconds,
                   node.blocked_seconds, node.busy_seconds);
    fmt::print("bottleneck: {}\n", run.bottleneck);
}

/// The end of a run as an entry of the log.
LogEntry end_entry(const RunResult& result) {
    LogEntry entry{.event = "end", .message = result.message, .figures = result.status.figures};
    if (result.exit_code == exit_stopped)
        entry.level = "warning";
    else if (result.exit_code != exit_done)
        entry.level = "error";
    entry.figures["exit_code"] = result.exit_code;
    entry.figures["items"] = static_cast<double>(result.status.items);
    entry.figures["seconds"] = result.status.seconds;
    entry.figures["quarantined"] = static_cast<double>(result.quarantined.size());
    return entry;
}

/// Writes the report; that it cannot be written fails no run.
void explain(const std::filesystem::path& folder, const RunOptions& options) {
    if (const std::string fault = report::try_report(folder); !fault.empty())
        log({.level = "warning", .event = "warning", .message = "no report: " + fault},
            options.log_format);
}

}  // namespace

void add_target(CLI::App& app, const std::string& name, std::string& into) {
    app.add_option(name, into)->required()->type_name("");
}

void add_overrides(CLI::App& app, Overrides& overrides) {
    add_each(app, "-p", overrides.params, "give a parameter of the pipeline", "NAME=VALUE");
    add_each(app, "--set", overrides.sets, "set an option, such as nodes.batch.size=16",
             "PATH=VALUE");
}

void add_pipeline(CLI::App& app, PipelineArguments& arguments) {
    add_target(app, "PIPELINE", arguments.pipeline);
    add_overrides(app, arguments.overrides);
}

void add_run_options(CLI::App& app, RunOptions& options) {
    app.add_flag("--profile", options.profile,
                 "print what each node did, for how long, and what the bottleneck was");
    app.add_option("--trace", options.trace, "write a trace for ui.perfetto.dev")
        ->type_name("FILE");
    app.add_flag("--quiet", options.quiet, "no progress lines");
    const std::map<std::string, LogFormat> formats = {{"text", LogFormat::text},
                                                      {"json", LogFormat::json}};
    app.add_option("--log-format", options.log_format,
                   "text, or json: each line on stderr is an object")
        ->transform(CLI::CheckedTransformer(formats).description(""))
        ->type_name("text|json");
    app.add_option("--metrics", options.metrics,
                   "keep Prometheus metrics in a file, for node_exporter's textfile collector")
        ->type_name("FILE.prom");
    constexpr int last_port = 65535;
    app.add_option("--metrics-port", options.metrics_port,
                   "serve Prometheus metrics at http://127.0.0.1:PORT/metrics; 0: any free port")
        ->check(CLI::Range(0, last_port).description(""))
        ->type_name("PORT");
}

std::string quoted_path(const std::filesystem::path& path) {
    std::string text;
    for (const char c : path.string()) text += c == '$' ? "$$" : std::string(1, c);
    return detail::quote(text);
}

Plan load_plan(const std::filesystem::path& path, const Overrides& overrides) {
    Errors errors;
    Plan plan = make_plan(load_document(path, overrides, errors), errors);
    if (!errors.empty()) throw ConfigurationError(errors);
    return plan;
}

Plan load_plan(const PipelineArguments& arguments) {
    return load_plan(find_pipeline(arguments.pipeline), arguments.overrides);
}

namespace {

RunResult run_engine(const Plan& plan, const RunOptions& options, Signals& signals) {
    Engine engine(plan, options);
    signals.on_stop([&] { engine.stop(); });
    try {
        RunResult result = engine.run();
        signals.on_stop({});
        return result;
    } catch (...) {
        signals.on_stop({});
        if (options.processes.rank == 0) explain(plan.settings.out, options);
        throw;
    }
}

}  // namespace

int run_plan(Plan plan, RunOptions options) {
    Signals signals;
    RunResult result = run_engine(plan, options, signals);
    if (result.goes_on) {
        options.resume = true;
        options.processes = {};  // nothing is left to learn together
        result = run_engine(plan, options, signals);
    }
    if (!result.main) return result.exit_code;
    const bool begun = !result.folder.empty();
    if (begun) explain(plan.settings.out, options);
    if (options.profile) print_profile(result.status);
    if (options.log_format == LogFormat::json) log(end_entry(result), options.log_format);
    if (result.exit_code == exit_done)
        fmt::print("{}\n", result.message);
    else if (options.log_format == LogFormat::text)
        log_error(result.message, options.log_format);
    if (begun) fmt::print("{}\n", result.folder.string());
    return result.exit_code;
}

}  // namespace graph
