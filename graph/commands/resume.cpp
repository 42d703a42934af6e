// `pipeline resume`: goes on with a run that was stopped, from its folder alone.
#include "graph/command.hpp"
#include "graph/resume_run.hpp"

namespace graph {
namespace {

const RegisterCommand command{
    "resume", "go on with a run that was stopped", [](CLI::App& app) {
        const auto arguments = std::make_shared<ResumeArguments>();
        const auto folder = std::make_shared<std::string>();
        add_target(app, "RUN_FOLDER", *folder);
        add_overrides(app, arguments->overrides);
        add_run_options(app, arguments->options);
        app.add_flag("--explain", arguments->explain,
                     "say what has changed since and what is left to do, and do nothing");
        return [=] {
            arguments->folder = *folder;
            arguments->options.processes = started_processes();
            return resume_run(*arguments);
        };
    }};

}  // namespace
}  // namespace graph
