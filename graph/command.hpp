// The command line. A command of `pipeline` is a file in graph/commands that registers itself, as a
// node does; results go to stdout, all else to stderr.
#pragma once

#include <functional>
#include <memory>
#include <string>

namespace CLI {
class App;
}

namespace graph {

/// Adds a command's options to its parser, and returns what is done once they are read: a function
/// that gives the exit code.
using DeclareCommand = std::function<std::function<int()>(CLI::App&)>;

struct RegisterCommand {
    RegisterCommand(const std::string& name, std::string help, DeclareCommand declare);
};

/// The commands and their options, for completion to look at.
std::shared_ptr<const CLI::App> command_parser();

/// Reads the arguments and does what they ask for; returns the exit code.
int command(int argc, const char* const* argv);

}  // namespace graph
