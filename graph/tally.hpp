// What a node has done, counted by each thread for itself: threads that all add to one number wait
// for each other longer than a small body takes.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>

#include <tbb/task_arena.h>

namespace graph {

class Tally {
  public:
    struct Sums {
        uint64_t values = 0, tombstones = 0;
        uint64_t busy = 0;  // nanoseconds
    };

    void add_value() { add(mine().values, 1); }
    void add_tombstone() { add(mine().tombstones, 1); }
    void add_busy(std::chrono::nanoseconds time) {
        add(mine().busy, static_cast<uint64_t>(time.count()));
    }

    Sums sums() const {
        Sums sums;
        for (const Share& share : shares_) {
            sums.values += share.values;
            sums.tombstones += share.tombstones;
            sums.busy += share.busy;
        }
        return sums;
    }

  private:
    struct alignas(64) Share {  // a cache line
        std::atomic<uint64_t> values{0}, tombstones{0}, busy{0};
    };

    static void add(std::atomic<uint64_t>& to, uint64_t count) {
        to.fetch_add(count, std::memory_order_relaxed);  // threads beyond the shares share one
    }
    Share& mine() {
        const int thread = tbb::this_task_arena::current_thread_index();
        return shares_[thread < 0 ? 0 : static_cast<size_t>(thread) % shares_.size()];
    }

    std::array<Share, 16> shares_;
};

}  // namespace graph
