// The process's one use of MPI. A thread of its own makes every call to MPI, so that sums go on
// while the others compute: what MPI calls non-blocking only moves when it is called. Small sums
// several times a second tell whether all ranks are alive, however long their steps take; a
// watchdog ends the process when they stop coming, since MPI itself may wait for ever.
#pragma once

#include "models/ranks.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

#include <mpi.h>
#include <tbb/task.h>

namespace models::mpi {

/// A sum, from its announcement until it was waited for.
struct Sum {
    Ranks::Values values;
    bool ready = false;
    bool done = false;
    bool taken = false;
    tbb::task::suspend_point waiter = nullptr;
};

/// Sums that start in the order of their announcement; guarded by the session's mutex.
struct Group {
    MPI_Comm communicator = MPI_COMM_NULL;  // null: not yet open
    std::deque<Sum> sums;
    size_t first = 0;    // the number of the first of `sums`
    size_t started = 0;  // so many since the group was made
    bool finished = false;
};

class Session {
  public:
    /// Starts MPI at the first call. Throws ModelError unless it sees that many processes.
    static Session& of(int rank, int count);
    Session(int rank, int count);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    int rank() const { return rank_; }
    int count() const { return count_; }

    std::shared_ptr<Group> open();
    size_t announce(Group& group, Ranks::Values values);
    void ready(Group& group, size_t sum);
    void wait(Group& group, size_t sum);
    void finish(Group& group);

  private:
    using Clock = std::chrono::steady_clock;
    struct Active {  // an operation of MPI that goes on
        MPI_Request request;
        std::function<void()> finished;
    };

    void work();
    void start();
    void finish_sum(Sum& sum);
    void begin_operations();
    void test_operations();
    /// False when all ranks have left.
    bool beat();
    void pause();
    void check(int code, const char* what) const;
    void watch();
    /// At the end of the process: leaves together with the others, or, if they still need this
    /// rank, ends them.
    void end(int status);
    std::string name() const;

    const int rank_;
    const int count_;
    const Clock::duration patience_;

    std::mutex mutex_;
    std::condition_variable work_, done_;
    std::vector<std::shared_ptr<Group>> groups_;
    size_t groups_begun_ = 0;
    int waiting_ = 0;
    bool leaving_ = false;
    int abort_with_ = 0;
    bool ended_ = false;

    // Of the thread that talks to MPI.
    std::vector<Active> active_;
    MPI_Comm heart_ = MPI_COMM_NULL;
    MPI_Request beat_ = MPI_REQUEST_NULL;
    int left_ = 0;
    Clock::time_point next_beat_{};
    Clock::time_point progress_{};  // when an operation last came to its end

    std::atomic<Clock::rep> last_beat_{0};
    std::promise<void> started_;
    std::thread worker_, watchdog_;
};

}  // namespace models::mpi
