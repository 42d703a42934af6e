// Waits for signals in a thread, so that no code runs in a signal handler.
#include "graph/signals.hpp"

#include <utility>

#include <unistd.h>

namespace graph {

Signals::Signals() {
    sigemptyset(&watched_);
    for (const int signal : {SIGINT, SIGTERM, SIGUSR1}) sigaddset(&watched_, signal);
    pthread_sigmask(SIG_BLOCK, &watched_, &before_);
    thread_ = std::thread([this] { wait(); });
}

Signals::~Signals() {
    done_ = true;
    pthread_kill(thread_.native_handle(), SIGUSR1);  // wakes it
    thread_.join();
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void Signals::on_stop(std::function<void()> action) {
    const std::lock_guard lock(mutex_);
    action_ = std::move(action);
    if (asked_ && action_) action_();
}

void Signals::wait() {
    constexpr int interrupted_twice = 130;
    bool interrupted = false;
    for (;;) {
        int signal = 0;
        sigwait(&watched_, &signal);
        if (done_) return;
        if (signal == SIGINT && std::exchange(interrupted, true)) _exit(interrupted_twice);
        const std::lock_guard lock(mutex_);
        asked_ = true;
        if (action_) action_();
    }
}

}  // namespace graph
