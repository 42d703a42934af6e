// What reading a file takes, measured in a process of its own, so that one file's memory does not
// hide another's.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/// With sanitizers all takes many times as long, and more memory: bounds are not for them.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool is_sanitized = true;
#else
inline constexpr bool is_sanitized = false;
#endif

/// Of what is hostile, in seconds of processor time. Builds to debug or to count branches are slow.
#ifdef __OPTIMIZE__
inline constexpr double most_seconds = 1;
#else
inline constexpr double most_seconds = 5;
#endif

/// There in builds that count which branches are taken: a child has to save its counts itself.
extern "C" __attribute__((weak)) void __gcov_dump();

struct Spent {
    double seconds = 0;  // of processor time, with children
    uint64_t bytes = 0;  // at most, beyond what the process began with
    std::string said;    // what `work` returned
};

/// Runs `work` in a child; a test failure if that dies. The peak is that of the larger of the child
/// and its own children.
inline Spent spent_by(const std::function<std::string()>& work) {
    std::array<int, 2> pipe{};
    if (::pipe(pipe.data()) != 0) throw std::runtime_error("no pipe");
    const auto peak = [](int who) {
        rusage usage{};
        ::getrusage(who, &usage);
        return static_cast<uint64_t>(usage.ru_maxrss) << 10;
    };
    const pid_t pid = ::fork();
    if (pid == 0) {
        const uint64_t before = peak(RUSAGE_SELF);
        std::string said = work();
        const uint64_t after = std::max(peak(RUSAGE_SELF), peak(RUSAGE_CHILDREN));
        const uint64_t more = after > before ? after - before : 0;
        said = std::to_string(more) + " " + said;
        const auto written = ::write(pipe[1], said.data(), std::min<size_t>(said.size(), 60000));
        if (__gcov_dump) __gcov_dump();
        ::_exit(written < 0 ? 1 : 0);
    }
    ::close(pipe[1]);
    std::string answer;
    std::array<char, 4096> piece{};
    for (ssize_t count; (count = ::read(pipe[0], piece.data(), piece.size())) > 0;)
        answer.append(piece.data(), static_cast<size_t>(count));
    ::close(pipe[0]);
    int status = 0;
    rusage usage{};
    ::wait4(pid, &status, 0, &usage);
    EXPECT_EQ(status, 0) << "the process ended by signal " << WTERMSIG(status);
    Spent spent;
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    spent.seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    const size_t space = answer.find(' ');
    if (space == std::string::npos) return spent;
    spent.bytes = std::stoull(answer);
    spent.said = answer.substr(space + 1);
    return spent;
}
