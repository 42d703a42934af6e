// See process_share.hpp.
#include "nodes/process_share.hpp"

#include "graph/value.hpp"

#include <charconv>
#include <cstdlib>

#include <fmt/format.h>

namespace nodes {
namespace {

std::optional<uint64_t> number(const Environment& environment, const char* name) {
    const auto text = environment(name);
    if (!text || text->empty()) return {};
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (error != std::errc() || end != text->data() + text->size())
        throw graph::ConfigurationError(
            fmt::format("the environment variable {} is '{}', but should be a number: unset it if "
                        "this process works alone",
                        name, *text));
    return value;
}

ProcessShare rank_of(const Environment& environment) {
    constexpr struct {
        const char* rank;
        const char* count;
    } launchers[] = {{"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"},
                     {"PMI_RANK", "PMI_SIZE"},
                     {"SLURM_PROCID", "SLURM_STEP_NUM_TASKS"}};
    for (const auto& [rank, count] : launchers) {
        const auto index = number(environment, rank), all = number(environment, count);
        if (!index || !all) continue;
        if (*index >= *all)
            throw graph::ConfigurationError(
                fmt::format("{} is {}, but {} is {}", rank, *index, count, *all));
        return {*index, *all};
    }
    return {};
}

ProcessShare array_task_of(const Environment& environment) {
    const auto task = number(environment, "SLURM_ARRAY_TASK_ID");
    const auto count = number(environment, "SLURM_ARRAY_TASK_COUNT");
    if (!task || !count || *count == 0) return {};
    const uint64_t first = number(environment, "SLURM_ARRAY_TASK_MIN").value_or(0);
    const uint64_t step =
        std::max<uint64_t>(1, number(environment, "SLURM_ARRAY_TASK_STEP").value_or(1));
    const uint64_t index = *task < first ? *count : (*task - first) / step;
    if (index >= *count || (*task - first) % step != 0)
        throw graph::ConfigurationError(
            fmt::format("SLURM_ARRAY_TASK_ID is {}, which is none of {} tasks from {} in steps of "
                        "{}: give the array as a range, such as --array=0-99",
                        *task, *count, first, step));
    return {index, *count};
}

}  // namespace

Environment environment() {
    return [](const char* name) -> std::optional<std::string> {
        const char* value = std::getenv(name);
        if (!value) return {};
        return value;
    };
}

ProcessShare process_share(const Environment& environment) {
    const ProcessShare task = array_task_of(environment), rank = rank_of(environment);
    return {task.index * rank.count + rank.index, task.count * rank.count};
}

}  // namespace nodes
