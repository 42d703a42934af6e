// `pipeline run`: the graph at work, or with --dry-run what it would do.
#include "graph/command.hpp"
#include "graph/commands/arguments.hpp"
#include "graph/signals.hpp"
#include "graph/unused_params.hpp"

#include <fmt/format.h>

namespace graph {
namespace {

struct Arguments : PipelineArguments {
    RunOptions options;
    bool dry_run = false;
};

int run(Arguments arguments) {
    arguments.options.processes = started_processes();
    arguments.options.made_from = {std::filesystem::absolute(find_pipeline(arguments.pipeline)),
                                   arguments.overrides};
    Plan plan = load_plan(arguments);
    if (arguments.options.processes.rank == 0)
        warn_of_unused_params(find_pipeline(arguments.pipeline), arguments.overrides,
                              arguments.options.log_format);
    if (!arguments.dry_run) return run_plan(std::move(plan), arguments.options);
    fmt::print("{}", Engine(std::move(plan), arguments.options).describe_work());
    return exit_done;
}

const RegisterCommand command{"run", "run a pipeline", [](CLI::App& app) {
                                  const auto arguments = std::make_shared<Arguments>();
                                  add_pipeline(app, *arguments);
                                  add_run_options(app, arguments->options);
                                  app.add_flag(
                                      "--dry-run", arguments->dry_run,
                                      "show items, batches, memory and files, and do nothing");
                                  return [arguments] { return run(*arguments); };
                              }};

}  // namespace
}  // namespace graph
