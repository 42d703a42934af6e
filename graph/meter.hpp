// What a node counts while it works, for whoever watches. Each thread counts for itself: threads
// that all add to one number wait for each other longer than a small body takes.
#pragma once

#include "graph/thread_number.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <optional>
#include <thread>
#include <vector>

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

    void arrive() { leave(-1); }
    /// Messages that will have no delivery of their own.
    void leave(int64_t messages) {
        count([&](Share& share, auto add) { add(share.arrived, -messages); });
    }
    /// How many messages lack a turn, a partner or a model. By one thread at a time, as limit().
    void hold(int64_t messages) {
        if (held_.load(relaxed) != messages) held_.store(messages, relaxed);
    }
    /// Whether it has to wait until something that it gave has come back.
    void limit(bool reached) {
        if (limited() != reached) limited_.store(reached, relaxed);
    }

    /// A body begins; `waited`: its messages did arrive() before, and wait no longer.
    void begin(bool waited = true) {
        count([&](Share& share, auto add) {
            if (waited) add(share.taken, int64_t{1});
            add(share.begun, int64_t{1});
        });
    }
    /// Whether to time the body that begins: of one that takes about as long as reading the clock,
    /// one time in 13 stands for all.
    bool is_timed() {
        const size_t thread = thread_number();
        if (thread + 1 >= shares_.size()) return true;
        auto& untimed = shares_[thread].untimed;
        const uint32_t left = untimed.load(relaxed);
        if (left > 0) untimed.store(left - 1, relaxed);
        return left == 0;
    }
    /// None: as the last one that was timed.
    void end(bool failed, std::optional<uint64_t> nanoseconds) {
        count([&](Share& share, auto add) {
            constexpr uint64_t brief = 1000;
            if (nanoseconds) {
                share.last.store(static_cast<uint32_t>(std::min(*nanoseconds, brief)), relaxed);
                share.untimed.store(*nanoseconds < brief ? 12 : 0, relaxed);
            }
            add(share.busy, nanoseconds ? *nanoseconds : share.last.load(relaxed));
            add(failed ? share.failed : share.values, uint64_t{1});
        });
    }
    /// A body that is given no message: at the start, at the end of a pass, at a stop.
    void begin_extra() { begin(false); }
    void end_extra(uint64_t nanoseconds) {
        count([&](Share& share, auto add) {
            add(share.busy, nanoseconds);
            add(share.begun, int64_t{-1});
        });
    }
    void tombstone() {
        count([](Share& share, auto add) { add(share.tombstones, uint64_t{1}); });
    }

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
        std::atomic<uint32_t> untimed{0}, last{0};  // bodies not to be timed; nanoseconds of one
    };

    /// Nobody else writes to a thread's own share, so no atomic addition is needed there; threads
    /// beyond the shares have the last one in common.
    template <class Change>
    void count(const Change& change) {
        const size_t thread = thread_number();
        if (thread + 1 < shares_.size())
            change(shares_[thread], [](auto& counter, auto by) {
                counter.store(counter.load(relaxed) + by, relaxed);
            });
        else
            change(shares_.back(), [](auto& counter, auto by) { counter.fetch_add(by, relaxed); });
    }

    int64_t joined_ = 1;
    std::vector<Share> shares_ = std::vector<Share>(2 * std::thread::hardware_concurrency() + 16);
    alignas(64) std::atomic<int64_t> held_{0};  // away from what other threads read
    std::atomic<bool> limited_{false};
};

}  // namespace graph
