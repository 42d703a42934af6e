// Which part of the work is this process's, when several do one archive: as Slurm or MPI tells its
// processes by environment variables.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace nodes {

struct ProcessShare {
    uint64_t index = 0, count = 1;

    bool alone() const { return count == 1; }
    /// Every count-th, so that all get on with the first ones first.
    bool owns(uint64_t work) const { return work % count == index; }
};

/// The value of an environment variable, or nothing.
using Environment = std::function<std::optional<std::string>(const char* name)>;
Environment environment();  // of this process

/// A Slurm array's task, times the rank within it: of mpirun (Open MPI, PMI) or of srun's step. In
/// an sbatch script without srun there is one process, whatever --ntasks says. Throws
/// ConfigurationError if a variable is no number or a task is not among the array's.
ProcessShare process_share(const Environment& environment);

}  // namespace nodes
