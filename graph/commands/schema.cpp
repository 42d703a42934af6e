// `pipeline schema`: what an editor needs to know of pipelines.
#include "graph/schema.hpp"

#include "graph/command.hpp"
#include "graph/engine.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace graph {
namespace {

const RegisterCommand command{"schema", "print a JSON Schema of pipelines, for editors",
                              [](CLI::App&) {
                                  return [] {
                                      fmt::print("{}\n", pipeline_schema().dump(1));
                                      return int{exit_done};
                                  };
                              }};

}  // namespace
}  // namespace graph
