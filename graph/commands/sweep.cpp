// `pipeline sweep`: tries the settings that a pipeline's section `sweep` lists, each as a run of
// its own, and makes one table of what came out.
#include "graph/command.hpp"
#include "graph/resume_run.hpp"
#include "graph/run_folder.hpp"
#include "graph/signals.hpp"
#include "graph/sweep/children.hpp"
#include "graph/sweep/collect.hpp"
#include "graph/sweep/results.hpp"

#include <charconv>
#include <cstdlib>

#include <fmt/format.h>

namespace graph {
namespace {

struct Arguments : PipelineArguments {
    RunOptions options;
    int trial = 0;
    int processes = 0;
    bool list = false;
    bool collect = false;
};

/// A trial a line, with tabs between: number, state, settings, folder.
int list(const Sweep& sweep) {
    check_trials(sweep);
    for (const Trial& trial : sweep.trials)
        fmt::print("{}\t{}\t{}\t{}\n", trial.number, read_result(sweep, trial).text(),
                   trial.text(sweep.paths), trial.folder.string());
    fmt::print(stderr,
               "{0} trials; under Slurm: sbatch --array=1-{0} scripts/slurm/sweep.sbatch {1}\n",
               sweep.trials.size(), sweep.pipeline.string());
    return exit_done;
}

/// In this process: begun, or gone on with. A run that is finished says so.
int run_one(const Sweep& sweep, const Arguments& arguments) {
    if (arguments.trial > static_cast<int>(sweep.trials.size())) {
        fmt::print(stderr, "there is no trial {}: the sweep has {}, numbered from 1\n",
                   arguments.trial, sweep.trials.size());
        return exit_usage;
    }
    Sweep one = sweep;
    one.trials = {sweep.trials[static_cast<size_t>(arguments.trial) - 1]};
    check_trials(one);
    const Trial& trial = one.trials.front();
    RunOptions options = arguments.options;
    options.processes = started_processes();
    if (std::filesystem::exists(trial.folder / "resolved.yaml"))
        return resume_run({trial.folder, {}, options, false});
    options.made_from = {std::filesystem::absolute(sweep.pipeline), trial.overrides};
    return run_plan(trial_plan(one, trial), options);
}

/// The command line that runs one trial, with its share of the cores.
Child child_of(const Sweep& sweep, const Trial& trial, const Arguments& arguments, int processes) {
    Child child{{"sweep", sweep.pipeline.string()}, trial.folder.string() + ".log"};
    for (const auto& param : arguments.overrides.params)
        child.arguments.insert(child.arguments.end(), {"-p", param});
    for (const auto& set : arguments.overrides.sets)
        child.arguments.insert(child.arguments.end(), {"--set", set});
    if (trial_plan(sweep, trial).settings.threads == 0) {
        const int share = std::max(1, core_count(started_processes()) / processes);
        child.arguments.insert(child.arguments.end(),
                               {"--set", fmt::format("run.threads={}", share)});
    }
    child.arguments.insert(child.arguments.end(), {"--trial", std::to_string(trial.number)});
    return child;
}

int run_all(const Sweep& sweep, const Arguments& arguments) {
    check_trials(sweep);
    const int processes = arguments.processes > 0 ? arguments.processes : sweep.section.processes;
    std::vector<const Trial*> trials;
    std::vector<Child> children;
    for (const Trial& trial : sweep.trials) {
        if (read_result(sweep, trial).state == TrialResult::State::done) continue;
        trials.push_back(&trial);
        children.push_back(child_of(sweep, trial, arguments, processes));
    }
    // What only the sources can tell, such as a folder that is not there, is told once.
    if (!trials.empty()) {
        RunOptions quiet;
        quiet.quiet = true;
        const Engine engine(trial_plan(sweep, *trials.front()), quiet);
    }
    if (trials.size() < sweep.trials.size())
        fmt::print(stderr, "{} of {} trials are done already\n",
                   sweep.trials.size() - trials.size(), sweep.trials.size());
    make_folder(sweep.out);
    std::atomic<bool> stop{false};
    std::map<int, int> codes;
    {
        Signals signals;
        signals.on_stop([&] { stop = true; });
        const auto name = [&](size_t i) {
            return fmt::format("trial {} of {} ({})", trials[i]->number, sweep.trials.size(),
                               trials[i]->text(sweep.paths));
        };
        run_children(
            children, processes, stop,
            [&](size_t i) { fmt::print(stderr, "{}: started\n", name(i)); },
            [&](size_t i, int code) {
                codes[trials[i]->number] = code;
                const TrialResult result = read_result(sweep, *trials[i]);
                if (code == exit_done && result.value)
                    fmt::print(stderr, "{}: {} {:.4g}, {:.0f} s\n", name(i),
                               sweep.section.metric.text(), *result.value, result.seconds);
                else
                    fmt::print(stderr, "{}: ended with exit code {}; see {}\n", name(i), code,
                               children[i].log.string());
            });
    }
    const int code = collect(sweep, codes);
    if (!stop || code == exit_done) return code;
    fmt::print(stderr, "stopped; the same command goes on\n");
    return exit_stopped;
}

/// The one that is asked for, or that of a Slurm array's task; 0: all.
int trial_of(const Arguments& arguments) {
    const char* const task = std::getenv("SLURM_ARRAY_TASK_ID");
    if (arguments.trial > 0 || task == nullptr) return arguments.trial;
    const std::string text = task;
    int trial = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), trial).ec != std::errc() ||
        trial < 1)
        throw ConfigurationError("SLURM_ARRAY_TASK_ID is " + text +
                                 ", but trials count from 1: sbatch --array=1-N");
    return trial;
}

int sweep(Arguments arguments) {
    const Sweep sweep = load_sweep(arguments);
    if (arguments.list) return list(sweep);
    if (arguments.collect) return collect(sweep, {});
    arguments.trial = trial_of(arguments);
    return arguments.trial > 0 ? run_one(sweep, arguments) : run_all(sweep, arguments);
}

/// What the section may say, from its declaration.
std::string section_help() {
    std::string text = "The section 'sweep' of a pipeline:\n";
    const auto add = [&](const std::vector<Param>& params, const std::string& indent) {
        for (const Param& param : params) {
            const std::string range = limits(param);
            text += fmt::format("{}{:<{}} {}{}\n", indent, param.name, 12 - indent.size(),
                                param.doc, range.empty() ? "" : "; " + range);
        }
    };
    for (const Param& param : sweep_params()) {
        add({param}, "  ");
        add(param.name == "random" ? sweep_draw_params() : param.fields, "    ");
    }
    return text +
           "such as\n  sweep: {over: {nodes.train.optimizer.rate: [0.001, 0.005]}, seeds: [1, 2, "
           "3], "
           "processes: 2}";
}

const RegisterCommand command{
    "sweep", "try the settings that a pipeline's section 'sweep' lists", [](CLI::App& app) {
        const auto arguments = std::make_shared<Arguments>();
        add_pipeline(app, *arguments);
        app.add_option("--processes", arguments->processes,
                       "so many trials at once, in place of the section's 'processes'")
            ->type_name("N")
            ->check(CLI::Range(1, 1024));
        app.add_option("--trial", arguments->trial,
                       "run this one only, here; in a Slurm array, the task's")
            ->type_name("N")
            ->check(CLI::Range(1, 100000));
        app.add_flag("--list", arguments->list, "the trials, one a line, and how far they are");
        app.add_flag("--collect", arguments->collect, "make the table of what is there");
        app.footer(section_help);
        app.add_flag("--quiet", arguments->options.quiet, "no progress lines of a --trial");
        return [arguments] { return sweep(*arguments); };
    }};

}  // namespace
}  // namespace graph
