// What mpirun or srun say in the environment of a process that they started, and the cores that it
// may use. How processes talk is none of the graph's business.
#pragma once

namespace graph {

struct Processes {
    int rank = 0;
    int count = 1;
    int on_host = 1;  // of them
};

/// Who this process is among those that were started with it; alone without mpirun or srun.
Processes started_processes();

/// How many threads keep the cores busy that this process has, or has a share of.
int core_count(const Processes& processes);

}  // namespace graph
