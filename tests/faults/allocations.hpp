// Memory that runs out: of this thread the n-th allocation fails.
#pragma once

#include <cstdint>

namespace faults {

enum class Of {
    ours,       // operator new
    libraries,  // and malloc, which those in C use; with a sanitizer, whose own it is, as ours
};

/// While it lives, the n-th allocation from now on fails: once.
class FailedAllocation {
  public:
    FailedAllocation(uint64_t n, Of of);
    ~FailedAllocation();
    FailedAllocation(const FailedAllocation&) = delete;
    FailedAllocation& operator=(const FailedAllocation&) = delete;

    /// How many were made since, up to the one that failed.
    uint64_t counted() const;

  private:
    uint64_t n_;
};

/// What this thread has allocated with operator new and not freed.
int64_t allocations_alive();

}  // namespace faults
