// A bounded number of tickets: a source takes one for each item, and it comes back when the last
// message made from the item is gone. So memory is bounded, whatever the graph does with an item.
#pragma once

#include "graph/envelope.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

namespace graph {

class Tickets : public std::enable_shared_from_this<Tickets> {
  public:
    /// `returned` is called each time a ticket comes back, on whatever thread let go of it.
    Tickets(int64_t count, std::function<void()> returned)
        : count_(count), free_(count), returned_(std::move(returned)) {}

    /// A ticket, or null if all are out. One thread at a time.
    Hold take() {
        if (free_.load() <= 0) return {};
        --free_;
        return Hold(this, [self = shared_from_this()](const void*) {
            ++self->free_;
            ++self->done_;
            self->returned_();
        });
    }
    uint64_t done() const { return done_; }
    int64_t out() const { return count_ - free_; }

  private:
    const int64_t count_;
    std::atomic<int64_t> free_;
    std::atomic<uint64_t> done_{0};
    std::function<void()> returned_;
};

}  // namespace graph
