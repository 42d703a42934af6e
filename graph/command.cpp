// The command line: results to stdout, all else to stderr.
#include "graph/command.hpp"

#include "graph/diagram.hpp"
#include "graph/engine.hpp"
#include "graph/params.hpp"
#include "graph/paths.hpp"
#include "graph/reference.hpp"
#include "graph/signals.hpp"

#include <cstdio>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace graph {

namespace {

struct Arguments {
    std::string target;  // a pipeline, a node or a run's folder
    Overrides overrides;
    RunOptions options;
    bool dry_run = false;
    std::string format = "dot";
};

Plan load_plan(const std::filesystem::path& path, const Overrides& overrides) {
    Errors errors;
    Plan plan = make_plan(load_document(path, overrides, errors), errors);
    if (!errors.empty()) throw ConfigurationError(errors);
    return plan;
}

void print_profile(const RunResult& result) {
    fmt::print("{:<20} {:>12} {:>12} {:>12}\n", "node", "values", "failed", "busy s");
    for (const NodeCount& node : result.counts)
        fmt::print("{:<20} {:>12} {:>12} {:>12.2f}\n", node.id, node.values, node.tombstones,
                   node.busy_seconds);
}

int run_plan(Plan plan, const Arguments& arguments) {
    Signals signals;
    Engine engine(std::move(plan), arguments.options);
    if (arguments.dry_run) {
        fmt::print("{}", engine.describe_work());
        return exit_done;
    }
    signals.on_stop([&] { engine.stop(); });
    RunResult result;
    try {
        result = engine.run();
    } catch (...) {
        signals.on_stop({});
        throw;
    }
    signals.on_stop({});
    if (!result.main) return result.exit_code;
    if (arguments.options.profile) print_profile(result);
    fmt::print(result.exit_code == exit_done ? stdout : stderr, "{}\n", result.message);
    fmt::print("{}\n", result.folder.string());
    return result.exit_code;
}

int run(Arguments arguments) {
    arguments.options.processes = started_processes();
    return run_plan(load_plan(find_pipeline(arguments.target), arguments.overrides), arguments);
}

int resume(Arguments arguments) {
    const std::filesystem::path folder = arguments.target;
    const auto pipeline = folder / "resolved.yaml";
    if (!std::filesystem::is_regular_file(pipeline))
        throw ConfigurationError(fmt::format("{} is not the folder of a run: it has no {}",
                                             folder.string(), pipeline.filename().string()));
    std::string out;
    for (const char c : folder.string()) out += c == '$' ? "$$" : std::string(1, c);
    arguments.overrides.sets.push_back("run.out=" + detail::quote(out));
    arguments.options.resume = true;
    arguments.options.processes = started_processes();
    return run_plan(load_plan(pipeline, arguments.overrides), arguments);
}

int validate(const Arguments& arguments) {
    const auto path = find_pipeline(arguments.target);
    Plan plan = load_plan(path, arguments.overrides);
    const size_t nodes = plan.nodes.size();
    const Engine engine(std::move(plan), arguments.options);  // lists the sources
    fmt::print("{}: valid, {} nodes\n", path.string(), nodes);
    return exit_done;
}

int draw(const Arguments& arguments) {
    const Plan plan = load_plan(find_pipeline(arguments.target), arguments.overrides);
    fmt::print("{}", arguments.format == "dot" ? dot_text(plan) : mermaid_text(plan));
    return exit_done;
}

int describe(const Arguments& arguments) {
    const auto node = registry().find(arguments.target);
    if (node != registry().end()) {
        fmt::print("{}", describe_text(node->second));
        return exit_done;
    }
    std::vector<std::string> names;
    for (const auto& [name, spec] : registry()) names.push_back(name);
    const std::string near = did_you_mean(arguments.target, names);
    if (!near.empty() && !std::filesystem::exists(arguments.target))
        throw ConfigurationError("no node or pipeline '" + arguments.target + "'" + near);
    Errors errors;
    const Document document = load_document(find_pipeline(arguments.target), {}, errors);
    // Its parameters can be told as long as they can be read.
    if (!errors.empty() && document.params.empty()) throw ConfigurationError(errors);
    fmt::print("{}", describe_text(document));
    return exit_done;
}

int list(const Arguments&) {
    fmt::print("{}", list_text());
    return exit_done;
}

/// An option that may be given several times, with one value each time.
void add_each(CLI::App* to, const std::string& name, std::vector<std::string>& into,
              const std::string& help, const std::string& value) {
    to->add_option(name, into, help)->type_name(value)->expected(1)->take_all();
}

void add_overrides(CLI::App* to, Overrides& overrides) {
    add_each(to, "--set", overrides.sets, "set an option, such as nodes.batch.size=16",
             "PATH=VALUE");
}

void add_run_options(CLI::App* to, Arguments& arguments) {
    to->add_flag("--profile", arguments.options.profile,
                 "print what each node did, and for how long");
    to->add_option("--trace", arguments.options.trace, "write a trace for a trace viewer")
        ->type_name("FILE");
    to->add_flag("--quiet", arguments.options.quiet, "no progress lines");
}

class CommandLine {
  public:
    CommandLine() {
        app_.set_version_flag("--version", version());
        app_.get_formatter()->column_width(36);
        for (auto* command : {add("run", "PIPELINE", "run a pipeline", run),
                              add("validate", "PIPELINE", "check a pipeline", validate),
                              add("graph", "PIPELINE", "draw a pipeline", draw)}) {
            add_each(command, "-p", arguments_.overrides.params, "give a parameter of the pipeline",
                     "NAME=VALUE");
            add_overrides(command, arguments_.overrides);
        }
        add("list", "", "list the nodes and the pipelines that ship", list);
        add("describe", "NODE|PIPELINE", "show the options of a node or a pipeline", describe);
        add("resume", "RUN_FOLDER", "go on with a run that was stopped", resume);
        add_overrides(app_.get_subcommand("resume"), arguments_.overrides);
        for (const char* name : {"run", "resume"})
            add_run_options(app_.get_subcommand(name), arguments_);
        app_.get_subcommand("run")->add_flag("--dry-run", arguments_.dry_run,
                                             "show what would be done, and do nothing");
        app_.get_subcommand("graph")
            ->add_option("--format", arguments_.format, "dot or mermaid")
            ->check(CLI::IsMember({"dot", "mermaid"}));
    }

    int parse_and_do(int argc, const char* const* argv) {
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
            return actions_.at(command->get_name())(arguments_);
        return usage(app_.help());
    }

  private:
    using Action = std::function<int(const Arguments&)>;

    CLI::App* add(const std::string& name, const std::string& target, const std::string& help,
                  Action action) {
        auto* command = app_.add_subcommand(name, help);
        if (!target.empty())
            command->add_option(target, arguments_.target)->required()->type_name("");
        actions_[name] = std::move(action);
        return command;
    }

    static int usage(const std::string& text) {
        fmt::print(stderr, "{}", text);
        return exit_usage;
    }

    Arguments arguments_;
    CLI::App app_{"Train image encoders and archive images with them, as graphs declared in YAML.",
                  "pipeline"};
    std::map<std::string, Action> actions_;
};

}  // namespace

int command(int argc, const char* const* argv) { return CommandLine().parse_and_do(argc, argv); }

}  // namespace graph
