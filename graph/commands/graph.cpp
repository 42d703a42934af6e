// `pipeline graph`: a pipeline as a picture.
#include "graph/command.hpp"
#include "graph/commands/arguments.hpp"
#include "graph/diagram.hpp"

#include <fmt/format.h>

namespace graph {
namespace {

struct Arguments : PipelineArguments {
    std::string format = "dot";
};

int draw(const Arguments& arguments) {
    const Plan plan = load_plan(arguments);
    fmt::print("{}", arguments.format == "dot" ? dot_text(plan) : mermaid_text(plan));
    return exit_done;
}

const RegisterCommand command{"graph", "draw a pipeline", [](CLI::App& app) {
                                  const auto arguments = std::make_shared<Arguments>();
                                  add_pipeline(app, *arguments);
                                  app.add_option("--format", arguments->format, "dot or mermaid")
                                      ->check(CLI::IsMember({"dot", "mermaid"}));
                                  return [arguments] { return draw(*arguments); };
                              }};

}  // namespace
}  // namespace graph
