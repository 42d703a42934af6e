// See resume_run.hpp.
#include "graph/resume_run.hpp"

#include "graph/explain_resume.hpp"
#include "graph/log.hpp"
#include "graph/run_folder.hpp"

#include <fmt/format.h>

namespace graph {

namespace {

/// What other values of the pipeline's parameters change in it, as --set says it: the run's own
/// resolved.yaml has no parameters any more.
std::vector<std::string> as_sets(const std::optional<MadeFrom>& made_from,
                                 const std::vector<std::string>& params) {
    if (!made_from || !std::filesystem::exists(made_from->source.pipeline))
        throw ConfigurationError(fmt::format(
            "-p {}: the pipeline's file{} is not there any more; use --set nodes.NODE.OPTION=VALUE",
            params.front(), made_from ? " " + made_from->source.pipeline.string() : ""));
    Errors errors;
    Overrides overrides = made_from->source.overrides;
    const Document before = load_document(made_from->source.pipeline, overrides, errors);
    overrides.params.insert(overrides.params.end(), params.begin(), params.end());
    const Document after = load_document(made_from->source.pipeline, overrides, errors);
    if (!errors.empty()) throw ConfigurationError(errors);
    std::vector<std::string> sets;
    for (const auto& difference : differences(parse_resolved(before.resolved, "before"),
                                              parse_resolved(after.resolved, "after")))
        if (!difference.now.empty()) sets.push_back(difference.path + "=" + difference.now);
    return sets;
}

void check_folder(const std::filesystem::path& folder) {
    if (std::filesystem::is_regular_file(folder / "resolved.yaml")) return;
    const auto wrong = [&](const std::string& why) {
        throw ConfigurationError(
            fmt::format("{} is not the folder of a run: {}", folder.string(), why));
    };
    if (!std::filesystem::exists(folder)) wrong("it does not exist");
    if (std::filesystem::exists(folder / "sweep.csv"))
        wrong("it is a sweep's; the same 'pipeline sweep' goes on with that");
    wrong("it has no resolved.yaml");
}

}  // namespace

int resume_run(ResumeArguments arguments) {
    const auto& folder = arguments.folder;
    check_folder(folder);
    if (!arguments.explain) refuse_if_going_on(folder);
    const auto made_from = read_made_from(folder);
    Overrides overrides;
    if (!arguments.overrides.params.empty())
        overrides.sets = as_sets(made_from, arguments.overrides.params);
    const auto& sets = arguments.overrides.sets;
    overrides.sets.insert(overrides.sets.end(), sets.begin(), sets.end());
    overrides.sets.push_back("run.out=" + quoted_path(folder));
    const Plan plan = load_plan(folder / "resolved.yaml", overrides);
    arguments.options.resume = true;

    const bool tells = arguments.options.processes.rank == 0 && !arguments.options.quiet;
    const Value kept = read_resolved(folder / "resolved.yaml");
    const Value now = parse_resolved(plan.resolved, "resolved.yaml");
    if (!arguments.explain && !tells) return run_plan(plan, arguments.options);

    RunOptions look = arguments.options;
    look.quiet = true;
    look.processes = {};  // to look at it, one is enough
    std::optional<Engine> engine(std::in_place, plan, look);
    if (!arguments.explain) {
        const Standing standing = engine->standing();
        engine.reset();
        const std::string changed = summary(find_changes(made_from, kept, now, standing.inputs));
        if (!standing.finished) fmt::print(stderr, "{}\n", printable(explain(standing)));
        if (!changed.empty())
            fmt::print(stderr,
                       "changed since it was made: {}; 'pipeline resume {} --explain' says more\n",
                       printable(changed), folder.string());
        if (standing.finished) {
            fmt::print("{}\n{}\n", printable(explain(standing)), folder.string());
            return exit_done;
        }
        return run_plan(plan, arguments.options);
    }
    Standing standing;
    std::optional<ConfigurationError> unfit;
    try {
        standing = engine->standing();
    } catch (const ConfigurationError& error) {
        unfit = error;
        standing.inputs = engine->inputs();
    }
    fmt::print("{}", printable(explain(find_changes(made_from, kept, now, standing.inputs))));
    if (unfit) {
        std::fflush(stdout);
        throw *unfit;
    }
    fmt::print("{:<9} {}\n{:<9} {}\n{}", "model",
               standing.learned.empty() ? "none is trained" : "fits its checkpoint", "work",
               printable(explain(standing)), explain_outputs(plan, standing.finished));
    return exit_done;
}

}  // namespace graph
