// Which shards a process takes, by what Slurm and MPI tell it.
#include "graph/value.hpp"
#include "nodes/process_share.hpp"

#include <map>

#include <gmock/gmock.h>

namespace {

using nodes::ProcessShare;
using ::testing::HasSubstr;
using Variables = std::map<std::string, std::string>;

ProcessShare share(const Variables& variables) {
    return nodes::process_share([&](const char* name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        if (found == variables.end()) return {};
        return found->second;
    });
}

void expect_share(const Variables& variables, uint64_t index, uint64_t count) {
    const ProcessShare found = share(variables);
    EXPECT_EQ(found.index, index);
    EXPECT_EQ(found.count, count);
    EXPECT_EQ(found.alone(), count == 1);
}

std::string refusal(const Variables& variables) {
    try {
        share(variables);
        return "";
    } catch (const graph::ConfigurationError& error) {
        return error.what();
    }
}

TEST(ProcessShare, WithoutLaunchersAProcessIsAlone) {
    expect_share({}, 0, 1);
    expect_share({{"SLURM_ARRAY_TASK_ID", ""}, {"PMI_RANK", ""}, {"PMI_SIZE", ""}}, 0, 1);
    expect_share({{"PMI_RANK", "1"}}, 0, 1);  // of how many?
}

TEST(ProcessShare, TasksOfAnArray) {
    expect_share({{"SLURM_ARRAY_TASK_ID", "3"}, {"SLURM_ARRAY_TASK_COUNT", "8"}}, 3, 8);
    const Variables steps{{"SLURM_ARRAY_TASK_ID", "15"},
                          {"SLURM_ARRAY_TASK_COUNT", "4"},
                          {"SLURM_ARRAY_TASK_MIN", "5"},
                          {"SLURM_ARRAY_TASK_STEP", "5"}};
    expect_share(steps, 2, 4);  // --array=5-20:5
    expect_share({{"SLURM_ARRAY_TASK_ID", "0"}, {"SLURM_ARRAY_TASK_COUNT", "1"}}, 0, 1);
}

TEST(ProcessShare, RanksOfMpiAndOfSteps) {
    expect_share({{"OMPI_COMM_WORLD_RANK", "1"}, {"OMPI_COMM_WORLD_SIZE", "3"}}, 1, 3);
    expect_share({{"PMI_RANK", "2"}, {"PMI_SIZE", "3"}}, 2, 3);
    expect_share({{"SLURM_PROCID", "1"}, {"SLURM_STEP_NUM_TASKS", "2"}}, 1, 2);
    // In a batch script without srun; and mpirun within a step knows better.
    expect_share({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "4"}}, 0, 1);
    expect_share({{"OMPI_COMM_WORLD_RANK", "1"},
                  {"OMPI_COMM_WORLD_SIZE", "3"},
                  {"SLURM_PROCID", "0"},
                  {"SLURM_STEP_NUM_TASKS", "1"}},
                 1, 3);
}

TEST(ProcessShare, ArraysOfRanksDivideTheWorkWithoutGapOrOverlap) {
    std::vector<int> taken(100);
    for (int task = 0; task < 3; ++task)
        for (int rank = 0; rank < 2; ++rank) {
            const ProcessShare one = share({{"SLURM_ARRAY_TASK_ID", std::to_string(task)},
                                            {"SLURM_ARRAY_TASK_COUNT", "3"},
                                            {"SLURM_PROCID", std::to_string(rank)},
                                            {"SLURM_STEP_NUM_TASKS", "2"}});
            EXPECT_EQ(one.count, 6u);
            for (size_t work = 0; work < taken.size(); ++work) taken[work] += one.owns(work);
        }
    EXPECT_EQ(taken, std::vector<int>(100, 1));
}

TEST(ProcessShare, SaysWhatMakesNoSense) {
    EXPECT_THAT(refusal({{"PMI_RANK", "one"}, {"PMI_SIZE", "2"}}),
                HasSubstr("the environment variable PMI_RANK is 'one', but should be a number"));
    EXPECT_THAT(refusal({{"PMI_RANK", "-1"}, {"PMI_SIZE", "2"}}), HasSubstr("PMI_RANK is '-1'"));
    EXPECT_THAT(refusal({{"PMI_RANK", "2"}, {"PMI_SIZE", "2"}}),
                HasSubstr("PMI_RANK is 2, but PMI_SIZE is 2"));
    const auto task = [](const char* id, const char* count, const char* min, const char* step) {
        return Variables{{"SLURM_ARRAY_TASK_ID", id},
                         {"SLURM_ARRAY_TASK_COUNT", count},
                         {"SLURM_ARRAY_TASK_MIN", min},
                         {"SLURM_ARRAY_TASK_STEP", step}};
    };
    // --array=0,7 and the like: which of the two a task is cannot be told.
    EXPECT_THAT(refusal(task("7", "2", "0", "1")), HasSubstr("give the array as a range"));
    EXPECT_THAT(refusal(task("0", "2", "1", "1")), HasSubstr("none of 2 tasks from 1"));
    EXPECT_THAT(refusal(task("3", "4", "0", "2")), HasSubstr("in steps of 2"));
}

}  // namespace
