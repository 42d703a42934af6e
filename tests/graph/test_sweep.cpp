// The section `sweep`: what is wrong with it, and the trials that it makes.
#include "graph/sweep/children.hpp"
#include "graph/sweep/collect.hpp"
#include "graph/sweep/trials.hpp"
#include "tests/graph/pipeline_files.hpp"

#include <set>

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Sweeps : public toy::PipelineFiles {
  protected:
    static std::string pipeline(const std::string& sweep) {
        return "version: 1\n"
               "params: {count: {type: int, default: 8, min: 1, max: 100}}\n"
               "nodes:\n"
               "  numbers: {op: count, with: {count: \"${params.count}\"}}\n"
               "  twice: {op: double, in: numbers}\n"
               "  out: {op: record, in: twice}\n"
               "sweep:\n" +
               sweep;
    }
    graph::PipelineArguments arguments(const std::string& sweep) {
        return {write("p.yaml", pipeline(sweep)).string(),
                {{}, {fmt::format("run.out={}", (folder_ / "out").string())}}};
    }
    graph::Sweep load(const std::string& sweep) { return graph::load_sweep(arguments(sweep)); }
    /// What `pipeline sweep` refuses, with the folder's name left out.
    std::string refusal(const std::string& sweep) {
        try {
            graph::check_trials(load(sweep));
        } catch (const graph::ConfigurationError& error) {
            std::string text = error.what();
            const std::string prefix = folder_.string() + "/";
            for (size_t at; (at = text.find(prefix)) != std::string::npos;)
                text.erase(at, prefix.size());
            return text;
        }
        return "";
    }
};

TEST_F(Sweeps, AllCombinationsWithEachSeed) {
    const auto sweep = load(
        "  over: {nodes.twice.delay: [1, 2], params.count: [4, 8, 16]}\n"
        "  seeds: [5, 6]\n");
    ASSERT_EQ(sweep.trials.size(), 12U);
    EXPECT_THAT(sweep.paths, ElementsAre("nodes.twice.delay", "params.count"));
    EXPECT_EQ(sweep.trials[0].text(sweep.paths), "delay 1, count 4, seed 5");
    EXPECT_EQ(sweep.trials[11].text(sweep.paths), "delay 2, count 16, seed 6");
    EXPECT_EQ(sweep.trials[11].folder, folder_ / "out" / "trial.012");
    const auto plan = graph::trial_plan(sweep, sweep.trials[11]);
    EXPECT_THAT(plan.resolved, HasSubstr("count: 16"));
    EXPECT_THAT(plan.resolved, HasSubstr("delay: 2"));
    EXPECT_EQ(plan.settings.seed, 6);
    EXPECT_EQ(plan.settings.out, sweep.trials[11].folder);
}

TEST_F(Sweeps, DrawsAreOfTheirNumberAlone) {
    const auto values = [&](int trials) {
        const auto sweep = load(fmt::format(
            "  random: {{nodes.twice.delay: {{min: 1, max: 1000, log: true, integer: true}}, "
            "params.count: {{choices: [4, 8]}}}}\n"
            "  trials: {}\n",
            trials));
        std::vector<std::vector<std::string>> all;
        for (const auto& trial : sweep.trials) all.push_back(trial.values);
        return all;
    };
    const auto few = values(5), many = values(40);
    EXPECT_TRUE(std::equal(few.begin(), few.end(), many.begin()));
    std::set<std::string> delays, counts;
    int small = 0;
    for (const auto& point : many) {
        const int delay = std::stoi(point[0]);
        EXPECT_TRUE(delay >= 1 && delay <= 1000) << delay;
        small += delay < 32 ? 1 : 0;
        delays.insert(point[0]);
        counts.insert(point[1]);
    }
    EXPECT_GT(delays.size(), 20U);
    EXPECT_EQ(counts, (std::set<std::string>{"4", "8"}));
    EXPECT_TRUE(small > 10 && small < 30) << small;  // half, on a logarithmic scale
}

TEST_F(Sweeps, EverythingWrongIsToldAtItsPlace) {
    EXPECT_EQ(refusal("  ovr: {nodes.twice.delay: [1]}\n"
                      "  trials: 0\n"
                      "  metric: {goal: least, nam: mse}\n"),
              "p.yaml:8:3: unknown option 'ovr' of sweep; did you mean 'over'?\n"
              "p.yaml:9:11: 'trials' must be between 1 and 100000, not 0\n"
              "p.yaml:10:18: 'goal' must be one of min, max, not 'least'\n"
              "p.yaml:10:25: unknown option 'nam' of metric; did you mean 'name'?");
    EXPECT_EQ(refusal("  over:\n"
                      "    nodes.twice.delay: 3\n"
                      "    node.twice.delay: [1]\n"
                      "    run.seed: [1, 2]\n"
                      "    run.out: [a]\n"
                      "    params.count: [4, 4]\n"
                      "  random: {params.count: {min: 1, max: 2}, nodes.twice.fail: {min: 2, max: "
                      "1}}\n"),
              "p.yaml:9:24: 'nodes.twice.delay' needs a list of values, such as [0.001, 0.005]\n"
              "p.yaml:10:5: 'node.twice.delay' is no setting; write nodes.NODE.OPTION, "
              "run.SETTING or params.NAME; did you mean 'nodes'?\n"
              "p.yaml:11:5: write 'seeds: [1, 2, 3]' for run.seed\n"
              "p.yaml:12:5: 'run.out' is the sweep's own: each trial has a folder in it\n"
              "p.yaml:13:23: 'params.count' has the value 4 twice\n"
              "p.yaml:14:12: 'params.count' is both in 'over' and in 'random'\n"
              "p.yaml:14:62: 'nodes.twice.fail': min 2 must be less than max 1");
    EXPECT_EQ(refusal("  random: {params.count: {min: 1, max: 2}}\n"),
              "p.yaml:8:3: 'random' needs 'trials': how many draws");
    EXPECT_EQ(refusal("  {}\n"),
              "p.yaml: has no section 'sweep', which says what to try: sweep: "
              "{over: {nodes.train.optimizer.rate: [0.001, 0.005]}}");
}

TEST_F(Sweeps, ASettingThatDoesNotFitIsToldAtItsPlace) {
    EXPECT_EQ(refusal("  over:\n"
                      "    nodes.twice.delya: [1, 2]\n"
                      "    nodes.twcie.delay: [1]\n"
                      "    params.count: [4, 1000]\n"
                      "  seeds: [1, 2]\n"),
              "p.yaml:9:25: unknown option 'delya' of double; did you mean 'delay'?\n"
              "p.yaml:9:28: unknown option 'delya' of double; did you mean 'delay'?\n"
              "p.yaml:10:25: unknown node 'twcie'; did you mean 'twice'?\n"
              "p.yaml:11:23: 'count' must be between 1 and 100, not 1000");
    // The section is looked at by `run` and `validate` too.
    EXPECT_THAT(faults(pipeline("  seeds: [1, 1]\n")), HasSubstr("seed 1 is there twice"));
}

TEST_F(Sweeps, AFolderOfOtherSettingsIsRefused) {
    const std::string section = "  over: {nodes.twice.delay: [1, 2]}\n";
    const auto sweep = load(section);
    const auto& first = sweep.trials[0];
    std::filesystem::create_directories(first.folder);
    const auto keep = [&](const std::string& resolved) {
        std::ofstream(first.folder / "resolved.yaml") << resolved;
    };
    keep(graph::trial_plan(sweep, first).resolved);
    EXPECT_EQ(refusal(section), "");
    keep(graph::trial_plan(sweep, sweep.trials[1]).resolved);
    EXPECT_EQ(refusal(section),
              "out/trial.001: was run with other settings than trial 1 has now: nodes.twice.delay "
              "was 2, and is 1; choose another folder (--set run.out=DIR) or remove this one");
}

TEST_F(Sweeps, NamesAreAsShortAsTheyCanBe) {
    EXPECT_THAT(graph::short_names({"nodes.a.rate", "nodes.b.rate", "params.epochs"}),
                ElementsAre("a.rate", "b.rate", "epochs"));
}

TEST_F(Sweeps, TheTableIsSortedByTheMeanOverSeeds) {
    const auto sweep = load("  over: {nodes.twice.delay: [1, 2, 3]}\n  seeds: [1, 2]\n");
    const auto finish = [&](size_t trial, double value, int code) {
        const auto& folder = sweep.trials.at(trial).folder;
        std::filesystem::create_directories(folder);
        std::ofstream(folder / "resolved.yaml") << "version: 1\n";
        std::ofstream(folder / "run.json") << fmt::format("{{\"exit_code\": {}}}", code);
        std::ofstream(folder / "metrics.csv")
            << "epoch,model,split,metric,value\n1,m,test,mse,9\n2,m,test,mse," << value
            << "\n2,m,train,mse,0\n2,m,train,seconds,1.5\n";
    };
    for (size_t i = 0; i < 6; ++i) finish(i, std::array{0.4, 0.6, 0.1, 0.3, 0.2, 0.3}[i], 0);
    EXPECT_EQ(graph::collect(sweep, {}), 0);
    const auto text = [&](const char* file) {
        std::ifstream in(sweep.out / file);
        return std::string(std::istreambuf_iterator<char>(in), {});
    };
    EXPECT_THAT(text("sweep.md"),
                HasSubstr("| delay | test mse | spread  | from | to  | done   | s |\n"
                          "|-------|----------|---------|------|-----|--------|---|\n"
                          "| 2     | 0.2      | 0.1414  | 0.1  | 0.3 | 2 of 2 | 3 |\n"
                          "| 3     | 0.25     | 0.07071 | 0.2  | 0.3 | 2 of 2 | 3 |\n"
                          "| 1     | 0.5      | 0.1414  | 0.4  | 0.6 | 2 of 2 | 3 |\n"));
    EXPECT_THAT(text("sweep.csv"),
                HasSubstr("trial,nodes.twice.delay,seed,state,epoch,test_mse,seconds,folder\n"
                          "1,1,1,done,2,0.4,1.5,trial.001\n"));
    finish(1, 0.6, 65);
    std::filesystem::remove_all(sweep.trials[5].folder);
    EXPECT_EQ(graph::collect(sweep, {}), graph::exit_incomplete);
    EXPECT_THAT(text("sweep.md"), HasSubstr("trial 2 (delay 1, seed 2): exit code 65; see "));
    EXPECT_THAT(text("sweep.md"), HasSubstr("trial 6 (delay 3, seed 2): not begun; see "));
    EXPECT_THAT(text("sweep.md"), HasSubstr("| 1 of 2 |"));
    finish(4, 0.01, 0);  // one seed of two does not come first
    graph::collect(sweep, {});
    EXPECT_LT(text("sweep.md").find("| 2     |"), text("sweep.md").find("| 3     |"));
}

}  // namespace
