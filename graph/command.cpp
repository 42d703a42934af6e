// See command.hpp.
#include "graph/command.hpp"

#include "graph/engine.hpp"
#include "graph/log.hpp"
#include "graph/paths.hpp"
#include "graph/plugins.hpp"

#include <cstdio>
#include <cstdlib>
#include <map>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace graph {

namespace {

struct Command {
    std::string help;
    DeclareCommand declare;
};

std::map<std::string, Command>& commands() {
    static std::map<std::string, Command> all;
    return all;
}

class CommandLine {
  public:
    CommandLine() {
        app_.set_version_flag("--version", version());
        app_.get_formatter()->column_width(36);
        for (const auto& [name, command] : commands())
            actions_[name] = command.declare(*app_.add_subcommand(name, command.help));
    }

    const CLI::App& parser() const { return app_; }

    int parse_and_do(int argc, const char* const* argv) {
        format_ = log_format(argc, argv);
        if (argc < 2) return usage(app_.help());
        try {
            app_.parse(argc, argv);
        } catch (const CLI::Success& asked) {
            return app_.exit(asked);  // --help, --version
        } catch (const CLI::ParseError& error) {
            const std::string first = argv[1];
            if (!first.starts_with("-") && !actions_.contains(first)) {
                std::vector<std::string> names;
                for (const auto& action : actions_) names.push_back(action.first);
                return usage(
                    fmt::format("unknown command '{}'{}\n", first, did_you_mean(first, names)));
            }
            return usage(fmt::format("{}\n`pipeline {}--help` shows what there is\n", error.what(),
                                     actions_.contains(first) ? first + " " : ""));
        }
        for (const auto* command : app_.get_subcommands())
            return actions_.at(command->get_name())();
        return usage(app_.help());
    }

  private:
    int usage(const std::string& text) const {
        log_error(text, format_);
        return exit_usage;
    }

    LogFormat format_ = LogFormat::text;
    CLI::App app_{"Train image encoders and archive images with them, as graphs declared in YAML.",
                  "pipeline"};
    std::map<std::string, std::function<int()>> actions_;
};

}  // namespace

RegisterCommand::RegisterCommand(const std::string& name, std::string help,
                                 DeclareCommand declare) {
    commands()[name] = {std::move(help), std::move(declare)};
}

std::shared_ptr<const CLI::App> command_parser() {
    const auto line = std::make_shared<const CommandLine>();
    return {line, &line->parser()};
}

int command(int argc, const char* const* argv) {
    // Before anything looks at the nodes; --version must tell even if no plugin fits it.
    const bool asks_for_nodes = argc > 1 && *argv[1] != '-';
    if (const char* plugins = std::getenv(plugins_variable); plugins != nullptr && asks_for_nodes)
        load_plugins(plugins);
    return CommandLine().parse_and_do(argc, argv);
}

}  // namespace graph
