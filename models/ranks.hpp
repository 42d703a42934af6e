// The processes that train one model together, each on its part of every batch. Models know nothing
// of how they talk: models/mpi does it with Open MPI, if the program is built with it.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <variant>

namespace models {

class Ranks {
  public:
    using Values = std::variant<std::span<float>, std::span<double>>;

    virtual ~Ranks() = default;
    virtual int rank() const = 0;  // 0 to count() - 1
    virtual int count() const = 0;

    /// Says that these values will be replaced by their sum over all ranks, which comes out with
    /// the same bits on each. All ranks announce the same sums, in the same order; gives what
    /// ready() and wait() take. The values must stay until then.
    virtual size_t announce(Values values) = 0;
    /// The values are there. In any order and from any thread; never waits.
    virtual void ready(size_t sum) = 0;
    /// Returns when the sum is there. Must follow ready(), once for each sum.
    virtual void wait(size_t sum) = 0;
    /// This rank needs no more of the others: a process that ends before ends them as well.
    virtual void done() = 0;
    /// Seconds that went by in wait().
    virtual double waited() const = 0;
};

/// One process by itself, whose sums are what it has.
std::shared_ptr<Ranks> alone();

/// All ranks of those that were started together, of which this process is `rank`; every call makes
/// a group for sums of its own, and all ranks make the same calls in the same order. `count` 1 is
/// alone(). Throws ModelError if the program is built without MPI, or if MPI sees other processes.
std::shared_ptr<Ranks> join_ranks(int rank, int count);

/// Waits for the sum of all ranks' values.
void sum(Ranks& ranks, std::span<double> values);

}  // namespace models
