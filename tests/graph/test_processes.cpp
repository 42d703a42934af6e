// Who a process is by its environment, how many threads that leaves it, and how several stop as
// one.
#include "graph/processes.hpp"
#include "graph/stop_vote.hpp"

#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace graph {
namespace {

using Variables = std::map<std::string, std::string>;

/// The environment of a process that was started so, until the end of a test.
class Environment {
  public:
    explicit Environment(const Variables& variables) {
        for (const char* name :
             {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_SIZE",
              "SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_STEP_TASKS_PER_NODE", "SLURM_NTASKS",
              "SLURM_CPUS_PER_TASK"}) {
            if (const char* value = std::getenv(name)) before_[name] = value;
            ::unsetenv(name);
        }
        for (const auto& [name, value] : variables) ::setenv(name.c_str(), value.c_str(), 1);
        for (const auto& [name, value] : variables) set_.push_back(name);
    }
    ~Environment() {
        for (const std::string& name : set_) ::unsetenv(name.c_str());
        for (const auto& [name, value] : before_) ::setenv(name.c_str(), value.c_str(), 1);
    }
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;

  private:
    std::map<std::string, std::string> before_;
    std::vector<std::string> set_;
};

void expect(const Processes& processes, int rank, int count, int on_host) {
    EXPECT_EQ(processes.rank, rank);
    EXPECT_EQ(processes.count, count);
    EXPECT_EQ(processes.on_host, on_host);
}

TEST(Processes, AreCountedByMpirun) {
    const Environment mpirun(Variables{{"OMPI_COMM_WORLD_RANK", "3"},
                                       {"OMPI_COMM_WORLD_SIZE", "8"},
                                       {"OMPI_COMM_WORLD_LOCAL_SIZE", "4"},
                                       {"SLURM_PROCID", "0"},
                                       {"SLURM_STEP_NUM_TASKS", "2"}});
    expect(started_processes(), 3, 8, 4);
}

TEST(Processes, AreCountedBySrun) {
    const Environment srun(Variables{{"SLURM_PROCID", "5"},
                                     {"SLURM_STEP_NUM_TASKS", "6"},
                                     {"SLURM_STEP_TASKS_PER_NODE", "2(x3)"}});
    expect(started_processes(), 5, 6, 2);
}

TEST(Processes, AreOneWithoutEitherAndInABatchScript) {
    {
        const Environment nothing(Variables{});
        expect(started_processes(), 0, 1, 1);
    }
    const Environment batch(Variables{{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "16"}});
    expect(started_processes(), 0, 1, 1);
}

TEST(Processes, WithoutSenseAreOne) {
    const Environment broken(
        Variables{{"OMPI_COMM_WORLD_RANK", "9"}, {"OMPI_COMM_WORLD_SIZE", "4"}});
    expect(started_processes(), 0, 1, 1);
}

TEST(Processes, ShareTheCoresOfAHost) {
    const Environment nothing(Variables{});
    const int alone = core_count({});
    EXPECT_GE(alone, 1);
    EXPECT_LE(core_count({0, 2, 2}), alone);
    EXPECT_EQ(core_count({0, 1000, 1000}), 1);
    EXPECT_EQ(core_count({0, 1000, 1}), alone);  // one on each of 1000 hosts
}

TEST(Processes, GetTheThreadsThatSlurmSays) {
    const Environment srun(Variables{{"SLURM_CPUS_PER_TASK", "1"}});
    EXPECT_EQ(core_count({0, 4, 1}), 1);
}

TEST(StopVote, IsCarriedAtOnceWithoutVoters) {
    StopVote vote;
    EXPECT_FALSE(vote.carried());
    vote.ask();
    EXPECT_TRUE(vote.carried());
    EXPECT_FALSE(vote.binding());
}

TEST(StopVote, WaitsForAllVotersAndBindsIfOneStoppedEarly) {
    StopVote vote;
    vote.join();
    vote.join();
    vote.ask();
    vote.agree(false);
    EXPECT_FALSE(vote.carried());
    vote.agree(true);
    EXPECT_TRUE(vote.carried());
    EXPECT_TRUE(vote.binding());
}

TEST(StopVote, DoesNotBindAtTheEnd) {
    StopVote vote;
    vote.join();
    vote.agree(false);
    EXPECT_FALSE(vote.carried());  // nobody asked
    vote.ask();
    EXPECT_TRUE(vote.carried());
    EXPECT_FALSE(vote.binding());
}

}  // namespace
}  // namespace graph
