// SIGINT, SIGTERM and SIGUSR1 ask a run to stop; a second SIGINT ends the program at once.
#pragma once

#include <atomic>
#include <csignal>
#include <functional>
#include <mutex>
#include <thread>

namespace graph {

/// While it lives, the signals are taken by a thread of its own, where anything may be called.
/// Make it before any other thread: these must inherit that the signals are not for them.
class Signals {
  public:
    Signals();
    ~Signals();
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;

    /// What to call on a signal; at once, if one has come already. An empty function: nothing.
    void on_stop(std::function<void()> action);

  private:
    void wait();

    std::mutex mutex_;
    std::function<void()> action_;
    bool asked_ = false;
    std::atomic<bool> done_{false};
    sigset_t watched_{};
    sigset_t before_{};
    std::thread thread_;
};

}  // namespace graph
