// `pipeline describe`: the options of a node, or the parameters and nodes of a pipeline.
#include "graph/command.hpp"
#include "graph/commands/arguments.hpp"
#include "graph/markdown.hpp"
#include "graph/paths.hpp"
#include "graph/reference.hpp"

#include <fmt/format.h>

namespace graph {
namespace {

struct Arguments {
    std::string target;
    bool markdown = false;
};

int describe_all(const Arguments& arguments) {
    if (!arguments.markdown) {
        fmt::print(stderr, "name a node or a pipeline; `pipeline list` shows them\n");
        return exit_usage;
    }
    fmt::print("{}", markdown_text());
    return exit_done;
}

int describe(const Arguments& arguments) {
    const std::string& target = arguments.target;
    if (target.empty()) return describe_all(arguments);
    const auto node = registry().find(target);
    if (node != registry().end()) {
        fmt::print("{}",
                   arguments.markdown ? markdown_text(node->second) : describe_text(node->second));
        return exit_done;
    }
    std::vector<std::string> names;
    for (const auto& [name, spec] : registry()) names.push_back(name);
    const std::string near = did_you_mean(target, names);
    std::filesystem::path path;
    try {
        path = find_pipeline(target);
    } catch (const ConfigurationError&) {
        if (near.empty()) throw;
        throw ConfigurationError("no node or pipeline '" + target + "'" + near);
    }
    Errors errors;
    const Document document = load_document(path, {}, errors);
    // Its parameters can be told as long as they can be read.
    if (!errors.empty() && document.params.empty()) throw ConfigurationError(errors);
    fmt::print("{}", describe_text(path, document));
    return exit_done;
}

const RegisterCommand command{"describe", "show the options of a node or a pipeline",
                              [](CLI::App& app) {
                                  const auto arguments = std::make_shared<Arguments>();
                                  add_target(app, "NODE|PIPELINE", arguments->target);
                                  app.get_option("NODE|PIPELINE")->required(false);
                                  app.add_flag("--markdown", arguments->markdown,
                                               "as Markdown; of all nodes if none is named");
                                  return [arguments] { return describe(*arguments); };
                              }};

}  // namespace
}  // namespace graph
