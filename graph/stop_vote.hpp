// How a run is stopped that several processes do together: a signal reaches them at different
// times, but they must all stop after the same step. The nodes that talk to the other processes
// vote, and the engine stops when all of them have.
#pragma once

#include <atomic>

namespace graph {

class StopVote {
  public:
    /// Of a node that has a vote; before the run.
    void join() { ++open_; }
    /// A wish to stop, of this process or of another.
    void ask() { asked_ = true; }
    bool asked() const { return asked_; }
    /// Once for each that joined: it takes no further messages, since it stopped with its peers in
    /// other processes (early), or since it is at its end.
    void agree(bool early) {
        if (early) early_ = true;
        --open_;
    }

    /// The engine may stop.
    bool carried() const { return asked_ && open_ == 0; }
    /// It must, or messages will be missing: a node has stopped already.
    bool binding() const { return carried() && early_; }

  private:
    std::atomic<int> open_{0};
    std::atomic<bool> asked_{false};
    std::atomic<bool> early_{false};
};

}  // namespace graph
