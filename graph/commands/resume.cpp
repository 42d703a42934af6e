// `pipeline resume`: goes on with a run that was stopped, from its folder alone.
#include "graph/command.hpp"
#include "graph/commands/arguments.hpp"

#include <fmt/format.h>

namespace graph {
namespace {

struct Arguments {
    std::string folder;
    Overrides overrides;
    RunOptions options;
};

int resume(Arguments arguments) {
    const std::filesystem::path folder = arguments.folder;
    const auto pipeline = folder / "resolved.yaml";
    if (!std::filesystem::is_regular_file(pipeline))
        throw ConfigurationError(fmt::format("{} is not the folder of a run: it has no {}",
                                             folder.string(), pipeline.filename().string()));
    std::string out;
    for (const char c : folder.string()) out += c == '$' ? "$$" : std::string(1, c);
    arguments.overrides.sets.push_back("run.out=" + detail::quote(out));
    arguments.options.resume = true;
    arguments.options.processes = started_processes();
    return run_plan(load_plan(pipeline, arguments.overrides), arguments.options);
}

const RegisterCommand command{"resume", "go on with a run that was stopped", [](CLI::App& app) {
                                  const auto arguments = std::make_shared<Arguments>();
                                  add_target(app, "RUN_FOLDER", arguments->folder);
                                  add_sets(app, arguments->overrides);
                                  add_run_options(app, arguments->options);
                                  return [arguments] { return resume(*arguments); };
                              }};

}  // namespace
}  // namespace graph
