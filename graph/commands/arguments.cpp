// See arguments.hpp.
#include "graph/commands/arguments.hpp"

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
    app.add_flag("--profile", options.profile, "print what each node did, and for how long");
    app.add_option("--trace", options.trace, "write a trace for a trace viewer")->type_name("FILE");
    app.add_flag("--quiet", options.quiet, "no progress lines");
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
    if (options.profile) print_profile(result);
    fmt::print(result.exit_code == exit_done ? stdout : stderr, "{}\n", result.message);
    fmt::print("{}\n", result.folder.string());
    return result.exit_code;
}

}  // namespace graph
