// `pipeline complete -- WORDS...`: what the completion of a shell asks. Not for people, so `--help`
// does not show it. Answers with a line for each candidate, "text\tdoc", and the lines "files" or
// "folders" after an empty one.
#include "graph/command.hpp"
#include "graph/completion.hpp"
#include "graph/engine.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace graph {
namespace {

int answer(const std::vector<std::string>& words) {
    const Completions completions = complete(words);
    for (const auto& [text, doc] : completions.candidates) fmt::print("{}\t{}\n", text, doc);
    if (completions.files) fmt::print("\nfiles\n");
    if (completions.folders) fmt::print("\nfolders\n");
    return exit_done;
}

const RegisterCommand command{"complete", "what may come next", [](CLI::App& app) {
                                  app.group("");  // hidden
                                  const auto words = std::make_shared<std::vector<std::string>>();
                                  app.add_option("WORD", *words)->type_name("");
                                  return [words] { return answer(*words); };
                              }};

}  // namespace
}  // namespace graph
