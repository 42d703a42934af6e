// The command line: exit codes, what goes to stdout, and what to stderr.
#include "graph/command.hpp"
#include "graph/engine.hpp"
#include "tests/graph/pipeline_files.hpp"

namespace {

using namespace graph;
using ::testing::HasSubstr;

class CommandTest : public toy::PipelineFiles {
  protected:
    /// Runs `pipeline ARGUMENTS`; what it printed is then in out_ and err_.
    int run(std::vector<std::string> arguments) {
        std::vector<const char*> argv = {"pipeline"};
        for (const auto& argument : arguments) argv.push_back(argument.c_str());
        ::testing::internal::CaptureStdout();
        ::testing::internal::CaptureStderr();
        int code = -1;
        try {
            code = command(static_cast<int>(argv.size()), argv.data());
        } catch (const ConfigurationError& error) {
            code = exit_configuration;
            thrown_ = error.what();
        }
        std::fflush(stdout);
        out_ = ::testing::internal::GetCapturedStdout();
        err_ = ::testing::internal::GetCapturedStderr();
        return code;
    }
    std::string good() const {
        return write("good.yaml",
                     "version: 1\nparams: {n: {type: int, default: 9, help: how many}}\n"
                     "run: {out: " +
                         (folder_ / "run").string() +
                         "}\nnodes:\n"
                         "  a: {op: count, with: {count: \"${params.n}\"}}\n"
                         "  b: {op: record, in: a}\n")
            .string();
    }

    std::string out_, err_, thrown_;
};

TEST_F(CommandTest, HelpsAndTellsItsVersion) {
    EXPECT_EQ(run({}), exit_usage);
    EXPECT_THAT(err_, HasSubstr("validate"));
    EXPECT_EQ(run({"--help"}), 0);
    EXPECT_THAT(out_, HasSubstr("validate"));
    EXPECT_EQ(run({"run", "--help"}), 0);
    EXPECT_THAT(out_, HasSubstr("--dry-run"));
    EXPECT_EQ(run({"--version"}), 0);
    EXPECT_THAT(out_, HasSubstr("."));
}

TEST_F(CommandTest, ReportsWrongUsage) {
    EXPECT_EQ(run({"rnu", "x"}), exit_usage);
    EXPECT_EQ(err_, "unknown command 'rnu'; did you mean 'run'?\n");
    EXPECT_EQ(run({"run"}), exit_usage);
    EXPECT_THAT(err_, HasSubstr("PIPELINE is required"));
    EXPECT_EQ(run({"run", "x", "--frobnicate"}), exit_usage);
    EXPECT_THAT(err_, HasSubstr("--frobnicate"));
    EXPECT_EQ(run({"graph", "x", "--format", "png"}), exit_usage);
}

TEST_F(CommandTest, ListsAndDescribes) {
    EXPECT_EQ(run({"list"}), 0);
    EXPECT_THAT(out_, HasSubstr("gather"));
    EXPECT_EQ(run({"describe", "gather"}), 0);
    EXPECT_THAT(out_, HasSubstr("size: integer, default 4, between 1 and 1000000"));
    EXPECT_EQ(run({"describe", good()}), 0);
    EXPECT_THAT(out_, HasSubstr("n: int, default 9\n      how many\n"));
    EXPECT_EQ(run({"describe", "gathre"}), exit_configuration);
    EXPECT_EQ(thrown_, "no node or pipeline 'gathre'; did you mean 'gather'?");
}

TEST_F(CommandTest, ValidatesAndDraws) {
    EXPECT_EQ(run({"validate", good()}), 0);
    EXPECT_EQ(out_, good() + ": valid, 2 nodes\n");
    EXPECT_EQ(run({"validate", good(), "-p", "n=3", "--set", "nodes.a.group=1", "-p", "n=0"}),
              exit_configuration);
    EXPECT_EQ(run({"validate", "--set", "nodes.a.cuont=1", good()}), exit_configuration);
    EXPECT_THAT(thrown_, HasSubstr("did you mean 'count'?"));
    EXPECT_EQ(run({"graph", good(), "--format", "mermaid"}), 0);
    EXPECT_THAT(out_, HasSubstr("flowchart"));
    EXPECT_EQ(run({"validate", "none_such"}), exit_configuration);
    EXPECT_THAT(thrown_, HasSubstr("no pipeline 'none_such'"));
}

TEST_F(CommandTest, RunsAndResumes) {
    EXPECT_EQ(run({"run", good(), "--dry-run"}), 0);
    EXPECT_FALSE(std::filesystem::exists(folder_ / "run"));
    EXPECT_EQ(run({"run", good(), "--quiet", "-p", "n=5"}), 0);
    EXPECT_THAT(out_, HasSubstr("done\n" + (folder_ / "run").string() + "\n"));
    EXPECT_EQ(run({"resume", (folder_ / "run").string(), "--quiet"}), 0);
    EXPECT_THAT(out_, HasSubstr("finished"));
    EXPECT_EQ(run({"resume", folder_.string()}), exit_configuration);
    EXPECT_EQ(thrown_, folder_.string() + " is not the folder of a run: it has no resolved.yaml");
}

}  // namespace
