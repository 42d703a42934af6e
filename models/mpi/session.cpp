// See session.hpp.
#include "models/mpi/session.hpp"

#include "models/model.hpp"
#include "models/mpi/launcher.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>
#include <unistd.h>

namespace models::mpi {
namespace {

using namespace std::chrono_literals;

constexpr int failed = 70;  // if the process ends before the others are done with it
constexpr int lost = 74;    // as of input and output that failed
constexpr auto beats_every = 250ms;

std::chrono::steady_clock::duration patience() {
    const char* seconds = std::getenv("LATENTFLOW_RANKS_TIMEOUT");
    return std::chrono::seconds(seconds ? std::clamp(std::atoi(seconds), 1, 86400) : 30);
}

}  // namespace

Session& Session::of(int rank, int count) {
    static Session session(rank, count);  // MPI can be started once in a process
    // After the session is made, so that it runs before the session's destructor.
    static const int at_exit = ::on_exit(
        [](int status, void* self) { static_cast<Session*>(self)->end(status); }, &session);
    if (at_exit != 0) throw ModelError("no room for what is to be done at the end of the process");
    return session;
}

Session::Session(int rank, int count) : rank_(rank), count_(count), patience_(patience()) {
    if (!std::getenv("OMPI_COMM_WORLD_SIZE") && !std::getenv("PMIX_RANK"))
        throw ModelError(fmt::format(
            "{} processes were started to train together, but without PMIx they cannot find each "
            "other: use srun --mpi=pmix, or mpirun",
            count));
    // Of the algorithms, one that takes little of the network, and leaves the same bits everywhere.
    ::setenv("OMPI_MCA_coll_libnbc_iallreduce_algorithm", "3", 0);
    auto started = started_.get_future();
    worker_ = std::thread([this] { work(); });
    try {
        started.get();
    } catch (...) {
        worker_.join();
        throw;
    }
    watchdog_ = std::thread([this] { watch(); });
}

Session::~Session() {
    if (worker_.joinable()) worker_.join();
    if (watchdog_.joinable()) watchdog_.join();
}

std::string Session::name() const {
    char host[256] = "";
    ::gethostname(host, sizeof host - 1);
    return fmt::format("rank {} of {} on {}", rank_, count_, host);
}

std::shared_ptr<Group> Session::open() {
    auto group = std::make_shared<Group>();
    std::unique_lock lock(mutex_);
    groups_.push_back(group);
    work_.notify_all();
    done_.wait(lock, [&] { return group->communicator != MPI_COMM_NULL; });
    return group;
}

size_t Session::announce(Group& group, Ranks::Values values) {
    const std::lock_guard lock(mutex_);
    group.sums.push_back({values});
    return group.first + group.sums.size() - 1;
}

void Session::ready(Group& group, size_t sum) {
    const std::lock_guard lock(mutex_);
    group.sums.at(sum - group.first).ready = true;
    work_.notify_all();
}

void Session::wait(Group& group, size_t number) {
    std::unique_lock lock(mutex_);
    Sum& sum = group.sums.at(number - group.first);
    if (!sum.done) {
        lock.unlock();
        // The thread does other work meanwhile: else trainers of one graph that run in another
        // order here and there would wait for each other for ever.
        tbb::task::suspend([&](tbb::task::suspend_point self) {
            const std::lock_guard relock(mutex_);
            if (sum.done) return tbb::task::resume(self);
            sum.waiter = self;
            ++waiting_;
        });
        lock.lock();
    }
    sum.taken = true;
    for (; !group.sums.empty() && group.sums.front().taken; ++group.first) group.sums.pop_front();
}

void Session::finish_sum(Sum& sum) {
    sum.done = true;
    if (!sum.waiter) return;
    --waiting_;
    tbb::task::resume(sum.waiter);
}

void Session::finish(Group& group) {
    const std::lock_guard lock(mutex_);
    group.finished = true;
}

void Session::work() {
    try {
        start();
    } catch (...) {
        MPI_Finalize();
        started_.set_exception(std::current_exception());
        return;
    }
    started_.set_value();
    while (beat()) {
        begin_operations();
        test_operations();
        pause();
    }
    MPI_Finalize();
    const std::lock_guard lock(mutex_);
    ended_ = true;
    done_.notify_all();
}

void Session::start() {
    int provided = 0, rank = 0, count = 0;
    MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &count);
    if (rank != rank_ || count != count_)
        throw ModelError(fmt::format(
            "this process was started as rank {} of {}, but MPI sees it as {} of {}: is mpirun of "
            "another MPI than the one that the program is built with?",
            rank_, count_, rank, count));
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    check(MPI_Comm_dup(MPI_COMM_WORLD, &heart_), "start");
    last_beat_ = Clock::now().time_since_epoch().count();
}

/// An error of MPI leaves no way on: says so, and ends all ranks.
void Session::check(int code, const char* what) const {
    if (code == MPI_SUCCESS) return;
    char text[MPI_MAX_ERROR_STRING] = "";
    int length = 0;
    MPI_Error_string(code, text, &length);
    fmt::print(stderr, "{}: MPI cannot {}: {}\n", name(), what, text);
    MPI_Abort(MPI_COMM_WORLD, lost);
    ::_exit(lost);
}

void Session::begin_operations() {
    const std::lock_guard lock(mutex_);
    for (; groups_begun_ < groups_.size(); ++groups_begun_) {
        auto made = std::make_shared<MPI_Comm>();
        MPI_Request request = MPI_REQUEST_NULL;
        check(MPI_Comm_idup(MPI_COMM_WORLD, made.get(), &request), "open a group");
        active_.push_back(
            {request, [made, group = groups_[groups_begun_]] { group->communicator = *made; }});
    }
    for (const auto& group : groups_) {
        if (group->communicator == MPI_COMM_NULL) continue;
        for (; group->started < group->first + group->sums.size(); ++group->started) {
            Sum& sum = group->sums[group->started - group->first];
            if (!sum.ready) break;
            MPI_Request request = MPI_REQUEST_NULL;
            std::visit(
                [&](auto values) {
                    const bool single = sizeof(*values.data()) == sizeof(float);
                    check(
                        MPI_Iallreduce(MPI_IN_PLACE, values.data(), static_cast<int>(values.size()),
                                       single ? MPI_FLOAT : MPI_DOUBLE, MPI_SUM,
                                       group->communicator, &request),
                        "start a sum");
                },
                sum.values);
            active_.push_back(
                {request, [this, &sum] { finish_sum(sum); }});  // a deque keeps addresses
        }
    }
}

void Session::test_operations() {
    bool any = false;
    for (auto operation = active_.begin(); operation != active_.end();) {
        int done = 0;
        check(MPI_Test(&operation->request, &done, MPI_STATUS_IGNORE), "sum over the ranks");
        if (!done) {
            ++operation;
            continue;
        }
        const std::lock_guard lock(mutex_);
        operation->finished();
        operation = active_.erase(operation);
        any = true;
    }
    if (!any) return;
    progress_ = Clock::now();
    done_.notify_all();
}

bool Session::beat() {
    const auto now = Clock::now();
    if (beat_ != MPI_REQUEST_NULL) {
        int done = 0;
        check(MPI_Test(&beat_, &done, MPI_STATUS_IGNORE), "reach the other ranks");
        if (!done) return true;
        last_beat_ = now.time_since_epoch().count();
        return left_ < count_;
    }
    const std::lock_guard lock(mutex_);
    if (abort_with_ != 0) {
        MPI_Abort(MPI_COMM_WORLD, abort_with_);
        ::_exit(abort_with_);
    }
    if (now < next_beat_) return true;
    next_beat_ = now + beats_every;
    left_ = leaving_ ? 1 : 0;
    check(MPI_Iallreduce(MPI_IN_PLACE, &left_, 1, MPI_INT, MPI_SUM, heart_, &beat_),
          "reach the other ranks");
    return true;
}

/// Until there may be something to do. Sums that somebody waits for are looked at all the time, but
/// not for long: another rank may be busy for minutes.
void Session::pause() {
    const auto idle = Clock::now() - progress_;
    std::unique_lock lock(mutex_);
    if (active_.empty()) {
        const auto work = [&] {
            return std::ranges::any_of(groups_, [&](const auto& group) {
                return group->started < group->first + group->sums.size() &&
                       group->sums[group->started - group->first].ready;
            });
        };
        const bool begun = groups_begun_ == groups_.size();
        if (begun) work_.wait_for(lock, beat_ == MPI_REQUEST_NULL ? 20ms : 2ms, work);
        progress_ = Clock::now();
        return;
    }
    const bool waited_for = waiting_ > 0;
    lock.unlock();
    if (waited_for && idle < 2ms)
        std::this_thread::yield();
    else
        std::this_thread::sleep_for(idle < 100ms ? 50us : 1000us);
}

void Session::watch() {
    std::unique_lock lock(mutex_);
    while (!ended_) {
        done_.wait_for(lock, beats_every, [&] { return ended_; });
        const Clock::time_point last{Clock::duration(last_beat_)};
        if (ended_ || Clock::now() - last < patience_) continue;
        fmt::print(stderr,
                   "{}: no sign of life of all the others for {} s: one was killed, or the network "
                   "is down; the run can be resumed from its last checkpoint\n",
                   name(), std::chrono::duration_cast<std::chrono::seconds>(patience_).count());
        end_launcher_soon();
        ::_exit(lost);
    }
}

void Session::end(int status) {
    std::unique_lock lock(mutex_);
    const auto finished = [](const auto& group) { return group->finished; };
    if (std::ranges::all_of(groups_, finished)) {
        leaving_ = true;
        lock.unlock();
        worker_.join();
        return;
    }
    abort_with_ = status == 0 ? failed : status;
    done_.wait_for(lock, 5s, [&] { return ended_; });
    ::_exit(abort_with_);  // it does not get to it
}

}  // namespace models::mpi
