// `pipeline validate`: everything that `run` would find wrong, without running.
#include "graph/command.hpp"
#include "graph/commands/arguments.hpp"
#include "graph/sweep/trials.hpp"
#include "graph/unused_params.hpp"

#include <fmt/format.h>

namespace graph {
namespace {

int validate(const PipelineArguments& arguments) {
    const auto path = find_pipeline(arguments.pipeline);
    Plan plan = load_plan(path, arguments.overrides);
    check_sweep(arguments);
    const size_t nodes = plan.nodes.size();
    RunOptions options;
    options.processes = started_processes();
    const Engine engine(std::move(plan), options);  // lists the sources
    warn_of_unused_params(path, arguments.overrides, LogFormat::text);
    fmt::print("{}: valid, {} nodes\n", path.string(), nodes);
    return exit_done;
}

const RegisterCommand command{"validate", "check a pipeline", [](CLI::App& app) {
                                  const auto arguments = std::make_shared<PipelineArguments>();
                                  add_pipeline(app, *arguments);
                                  return [arguments] { return validate(*arguments); };
                              }};

}  // namespace
}  // namespace graph
