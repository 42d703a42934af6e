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

int answer(std::vector<std::string> words) {
    if (!words.empty() && words.front() == "--") words.erase(words.begin());
    const Completions completions = complete(words);
    for (const auto& [text, doc] : completions.candidates) fmt::print("{}\t{}\n", text, doc);
    if (completions.files) fmt::print("\nfiles\n");
    if (completions.folders) fmt::print("\nfolders\n");
    return exit_done;
}

const RegisterCommand command{"complete", "what may come next", [](CLI::App& app) {
                                  app.group("");  // hidden
                                  app.prefix_command();
                                  return [&app] { return answer(app.remaining()); };
                              }};

}  // namespace
}  // namespace graph
