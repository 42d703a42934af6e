// What comes to a node that does one thing at a time, from any thread: whoever puts something in
// while nobody is at it has to see to all that comes until it is empty.
#pragma once

#include <mutex>
#include <utility>
#include <vector>

#include <tbb/spin_mutex.h>

namespace graph {

template <class T>
class Inbox {
  public:
    /// True if the caller has to see to it, or to find somebody who does.
    [[nodiscard]] bool put(T&& one) {
        const std::lock_guard lock(mutex_);
        waiting_.push_back(std::move(one));
        return !std::exchange(seen_to_, true);
    }

    /// By whom put() asked, one call after another: takes all that waits in place of what `taken`
    /// had. False if there is nothing: from then on it is seen to by nobody.
    bool take(std::vector<T>& taken) {
        taken.clear();
        const std::lock_guard lock(mutex_);
        seen_to_ = !waiting_.empty();
        taken.swap(waiting_);
        return seen_to_;
    }

  private:
    tbb::spin_mutex mutex_;  // held for less than it takes to wake a thread
    std::vector<T> waiting_;
    bool seen_to_ = false;
};

}  // namespace graph
