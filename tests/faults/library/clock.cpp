// A clock on the wall that jumps: FAULTS_CLOCK=SECONDS, a little after the program has begun. The
// clock that only goes on stays as it is.
#include "tests/faults/library/judge.hpp"

#include <cstdlib>

#include <sys/time.h>
#include <time.h>

namespace faults {
namespace {

using Clock = int(clockid_t, timespec*);

Clock* real_clock() {
    static const auto clock = reinterpret_cast<Clock*>(::dlsym(RTLD_NEXT, "clock_gettime"));
    return clock;
}

double monotonic() {
    timespec now{};
    real_clock()(CLOCK_MONOTONIC, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// In seconds.
time_t jump() {
    static const char* const asked = std::getenv("FAULTS_CLOCK");
    static const time_t seconds = asked ? std::atol(asked) : 0;
    static const double start = monotonic();
    constexpr double before = 0.1;  // seconds
    return seconds != 0 && monotonic() - start > before ? seconds : 0;
}

}  // namespace
}  // namespace faults

extern "C" {

int clock_gettime(clockid_t which, timespec* now) noexcept {
    const int result = faults::real_clock()(which, now);
    if (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE) now->tv_sec += faults::jump();
    return result;
}

time_t time(time_t* into) noexcept {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    if (into) *into = now.tv_sec;
    return now.tv_sec;
}

int gettimeofday(timeval* into, void*) noexcept {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    *into = {now.tv_sec, now.tv_nsec / 1000};
    return 0;
}

}  // extern "C"
