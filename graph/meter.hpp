// What a node counts while it works, for whoever watches. Each thread counts for itself: threads
// that all add to one number wait for each other longer than a small body takes.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <type_traits>

#include <tbb/task_arena.h>

namespace graph {

/// What a node is at, at one moment.
enum class Activity {
    busy,     // a thread is in its body
    blocked,  // it has work, and no thread is free for it, or a limit on what it gives is reached
    starved,  // nothing to work on: it waits for messages, or for those before or beside them
};

class Meter {
  public:
    struct Sums {
        int64_t arrived = 0, taken = 0, begun = 0;
        uint64_t values = 0, failed = 0, tombstones = 0, busy = 0;
    };

    /// How many messages make one delivery: 2 for a join of two streams.
    void set_joined(int64_t streams) { joined_ = std::max<int64_t>(1, streams); }

    void arrive() { add(mine().arrived, 1); }
    /// Messages that will have no delivery of their own.
    void leave(int64_t messages) { add(mine().arrived, -messages); }
    /// How many messages lack a turn, a partner or a model. By one thread at a time, as limit().
    void hold(int64_t messages) { held_.store(messages, relaxed); }
    /// Whether it has to wait until something that it gave has come back.
    void limit(bool reached) {
        if (limited() != reached) limited_.store(reached, relaxed);
    }

    /// A body begins; `waited`: its messages did arrive() before, and wait no longer.
    void begin(bool waited = true) {
        Share& share = mine();
        if (waited) add(share.taken, 1);
        add(share.begun, 1);
    }
    void end(bool failed, uint64_t nanoseconds) {
        Share& share = mine();
        add(share.busy, nanoseconds);
        add(failed ? share.failed : share.values, 1);
    }
    /// A body that is given no message: at the start, at the end of a pass, at a stop.
    void begin_extra() { add(mine().begun, 1); }
    void end_extra(uint64_t nanoseconds) {
        Share& share = mine();
        add(share.busy, nanoseconds);
        add(share.begun, -1);
    }
    void tombstone() { add(mine().tombstones, 1); }

    /// From any thread at any time; of a node at work, what each thread had at about that time.
    Sums sums() const {
        Sums sums;
        for (const Share& share : shares_) {
            sums.values += share.values.load(relaxed);
            sums.failed += share.failed.load(relaxed);
            sums.begun += share.begun.load(relaxed);
            sums.taken += share.taken.load(relaxed);
            sums.arrived += share.arrived.load(relaxed);
            sums.tombstones += share.tombstones.load(relaxed);
            sums.busy += share.busy.load(relaxed);
        }
        return sums;
    }
    bool limited() const { return limited_.load(relaxed); }

    /// Deliveries that wait.
    int64_t waiting(const Sums& sums) const {
        return std::max<int64_t>(0, sums.arrived / joined_ - sums.taken);
    }
    /// Threads in its body.
    static int64_t bodies(const Sums& sums) {
        const auto ended = static_cast<int64_t>(sums.values + sums.failed);
        return std::max<int64_t>(0, sums.begun - ended);
    }
    Activity activity(const Sums& sums) const {
        if (bodies(sums) > 0) return Activity::busy;
        const int64_t ready = sums.arrived - held_.load(relaxed) - sums.taken * joined_;
        return ready >= joined_ || limited() ? Activity::blocked : Activity::starved;
    }

  private:
    static constexpr auto relaxed = std::memory_order_relaxed;

    struct alignas(64) Share {  // a cache line
        std::atomic<int64_t> arrived{0}, taken{0}, begun{0};
        std::atomic<uint64_t> values{0}, failed{0}, tombstones{0}, busy{0};
    };

    template <class T>
    static void add(std::atomic<T>& to, std::type_identity_t<T> count) {
        to.fetch_add(count, relaxed);  // threads beyond the shares share one
    }
    Share& mine() {
        const int thread = tbb::this_task_arena::current_thread_index();
        return shares_[thread < 0 ? 0 : static_cast<size_t>(thread) % shares_.size()];
    }

    int64_t joined_ = 1;
    std::atomic<int64_t> held_{0};
    std::atomic<bool> limited_{false};
    std::array<Share, 16> shares_;
};

}  // namespace graph
