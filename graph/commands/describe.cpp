// `pipeline describe`: the options of a node, or the parameters of a pipeline.
#include "graph/command.hpp"
#include "graph/commands/arguments.hpp"
#include "graph/reference.hpp"

#include <fmt/format.h>

namespace graph {
namespace {

int describe(const std::string& target) {
    const auto node = registry().find(target);
    if (node != registry().end()) {
        fmt::print("{}", describe_text(node->second));
        return exit_done;
    }
    std::vector<std::string> names;
    for (const auto& [name, spec] : registry()) names.push_back(name);
    const std::string near = did_you_mean(target, names);
    if (!near.empty() && !std::filesystem::exists(target))
        throw ConfigurationError("no node or pipeline '" + target + "'" + near);
    Errors errors;
    const Document document = load_document(find_pipeline(target), {}, errors);
    // Its parameters can be told as long as they can be read.
    if (!errors.empty() && document.params.empty()) throw ConfigurationError(errors);
    fmt::print("{}", describe_text(document));
    return exit_done;
}

const RegisterCommand command{"describe", "show the options of a node or a pipeline",
                              [](CLI::App& app) {
                                  const auto target = std::make_shared<std::string>();
                                  add_target(app, "NODE|PIPELINE", *target);
                                  return [target] { return describe(*target); };
                              }};

}  // namespace
}  // namespace graph
