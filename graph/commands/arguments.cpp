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

void print_profile(const RunResult& result) {
    fmt::print("{:<20} {:>12} {:>12} {:>12}\n", "node", "values", "failed", "busy s");
    for (const NodeCount& node : result.counts)
        fmt::print("{:<20} {:>12} {:>12} {:>12.2f}\n", node.id, node.values, node.tombstones,
                   node.busy_seconds);
}

}  // namespace

void add_target(CLI::App& app, const std::string& name, std::string& into) {
    app.add_option(name, into)->required()->type_name("");
}

void add_sets(CLI::App& app, Overrides& overrides) {
    add_each(app, "--set", overrides.sets, "set an option, such as nodes.batch.size=16",
             "PATH=VALUE");
}

void add_pipeline(CLI::App& app, PipelineArguments& arguments) {
    add_target(app, "PIPELINE", arguments.pipeline);
    add_each(app, "-p", arguments.overrides.params, "give a parameter of the pipeline",
             "NAME=VALUE");
    add_sets(app, arguments.overrides);
}

void add_run_options(CLI::App& app, RunOptions& options) {
    app.add_flag("--profile", options.profile, "print what each node did, and for how long");
    app.add_option("--trace", options.trace, "write a trace for a trace viewer")->type_name("FILE");
    app.add_flag("--quiet", options.quiet, "no progress lines");
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

int run_plan(Plan plan, const RunOptions& options) {
    const std::filesystem::path folder = plan.settings.out;
    Signals signals;
    Engine engine(std::move(plan), options);
    signals.on_stop([&] { engine.stop(); });
    RunResult result;
    try {
        result = engine.run();
    } catch (...) {
        signals.on_stop({});
        if (options.processes.rank == 0) report::report_run(folder);
        throw;
    }
    signals.on_stop({});
    if (!result.main) return result.exit_code;
    report::report_run(folder);
    if (options.profile) print_profile(result);
    fmt::print(result.exit_code == exit_done ? stdout : stderr, "{}\n", result.message);
    fmt::print("{}\n", result.folder.string());
    return result.exit_code;
}

}  // namespace graph
