// `pipeline list`: the nodes and the pipelines that there are.
#include "graph/command.hpp"
#include "graph/engine.hpp"
#include "graph/reference.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace graph {
namespace {

const RegisterCommand command{"list", "list the nodes and the pipelines that ship", [](CLI::App&) {
                                  return [] {
                                      fmt::print("{}", list_text());
                                      return int{exit_done};
                                  };
                              }};

}  // namespace
}  // namespace graph
