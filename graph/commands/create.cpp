// `pipeline create`: a pipeline to begin with, from names of nodes or from one that there is.
#include "graph/create.hpp"

#include "graph/command.hpp"
#include "graph/commands/arguments.hpp"
#include "graph/text_file.hpp"

#include <fmt/format.h>

namespace graph {
namespace {

struct Arguments {
    std::vector<std::string> nodes;
    std::string from, output;
    bool brief = false, force = false;
};

void write_file(const std::filesystem::path& path, const std::string& text, bool force) {
    if (std::filesystem::exists(path) && !force)
        throw ConfigurationError(path.string() + " is there already; --force replaces it");
    replace_file_durably(path, text);
}

int create(const Arguments& arguments) {
    if (arguments.nodes.empty() == arguments.from.empty()) {
        fmt::print(stderr,
                   "name nodes in the order of the work, such as `pipeline create list_files "
                   "read_tiff ...`, or a pipeline to copy with --from; `pipeline list` shows "
                   "both\n");
        return exit_usage;
    }
    const Created created = arguments.from.empty() ? create_chain(arguments.nodes, arguments.brief)
                                                   : copy_pipeline(find_pipeline(arguments.from));
    if (arguments.output.empty())
        fmt::print("{}", created.text);
    else
        write_file(arguments.output, created.text, arguments.force);
    for (const std::string& note : created.notes) fmt::print(stderr, "{}\n", note);
    return exit_done;
}

const RegisterCommand command{
    "create", "write a pipeline to begin with", [](CLI::App& app) {
        const auto arguments = std::make_shared<Arguments>();
        app.add_option("NODE", arguments->nodes,
                       "kinds of node, in the order of the work; NAME=KIND gives one a name, and "
                       "@NODE or @NODE,NODE begins a branch: what comes next goes on from there")
            ->type_name("");
        app.add_option("--from", arguments->from, "copy a pipeline, with what it includes")
            ->type_name("PIPELINE");
        app.add_option("--output", arguments->output, "a file to write to, in place of stdout")
            ->type_name("FILE");
        app.add_flag("--force", arguments->force, "replace that file if it is there");
        app.add_flag("--brief", arguments->brief,
                     "no comments, and no options that have a default");
        return [arguments] { return create(*arguments); };
    }};

}  // namespace
}  // namespace graph
