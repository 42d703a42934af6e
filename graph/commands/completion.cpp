// `pipeline completion`: the script by which a shell completes `pipeline`.
#include "graph/command.hpp"
#include "graph/commands/arguments.hpp"
#include "graph/paths.hpp"

#include <fstream>
#include <sstream>

#include <fmt/format.h>

namespace graph {
namespace {

int print_script(const std::string& shell) {
    const auto path = find_shipped("scripts/completion/pipeline." + shell);
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    if (!file) throw ConfigurationError("cannot read " + path.string());
    fmt::print("{}", text.str());
    return exit_done;
}

const RegisterCommand command{"completion", "print a script that completes commands in a shell",
                              [](CLI::App& app) {
                                  const auto shell = std::make_shared<std::string>();
                                  app.add_option("SHELL", *shell, "bash or zsh")
                                      ->required()
                                      ->type_name("")
                                      ->check(CLI::IsMember({"bash", "zsh"}));
                                  app.footer(
                                      "bash: source <(pipeline completion bash)\n"
                                      "zsh, after compinit: source <(pipeline completion zsh)");
                                  return [shell] { return print_script(*shell); };
                              }};

}  // namespace
}  // namespace graph
