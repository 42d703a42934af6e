// See processes.hpp.
#include "graph/processes.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <thread>

#include <sched.h>

namespace graph {

namespace {

/// The number that a variable begins with: "2(x3)" says two tasks on each of three hosts.
std::optional<int> number(const char* variable) {
    const char* text = std::getenv(variable);
    if (!text || *text < '0' || *text > '9') return {};
    return std::atoi(text);
}

}  // namespace

Processes started_processes() {
    Processes processes;
    const auto read = [&](const char* rank, const char* count, const char* on_host) {
        processes = {number(rank).value_or(0), number(count).value_or(1),
                     number(on_host).value_or(1)};
        return processes.count > 1 && processes.rank < processes.count;
    };
    // mpirun within a Slurm job has the say. SLURM_NTASKS is set in batch scripts too, which are
    // one process; the step's number only for what srun started.
    if (std::getenv("OMPI_COMM_WORLD_SIZE")) {
        if (read("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_SIZE"))
            return processes;
    } else if (read("SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_STEP_TASKS_PER_NODE")) {
        return processes;
    }
    return {};
}

int core_count(const Processes& processes) {
    const int machine = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    cpu_set_t set;
    const bool bound = ::sched_getaffinity(0, sizeof set, &set) == 0;
    const int own = bound ? CPU_COUNT(&set) : machine;
    if (processes.count == 1) return std::max(1, own);
    if (const auto given = number("SLURM_CPUS_PER_TASK")) return std::clamp(*given, 1, own);
    return std::clamp(machine / std::max(1, processes.on_host), 1, own);
}

}  // namespace graph
