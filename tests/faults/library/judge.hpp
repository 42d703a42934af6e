// Within libfaults: which calls are looked at, and what becomes of one.
#pragma once

#include "tests/faults/library/tape.hpp"

#include <algorithm>
#include <cerrno>
#include <span>
#include <string>

#include <dlfcn.h>
#include <sys/types.h>

namespace faults {

/// The function that would have been called without us.
template <class Function>
Function* next(Function*, const char* name) {
    return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

/// An absolute path, or nothing if it is not looked at. `folder` is as of openat(2).
std::string looked_at(int folder, const char* name);
/// The same of an open file.
std::string path_of(int descriptor);
void keep_path(int descriptor, const std::string& path);

struct Made {
    Call call;
    std::string path, other;
    uint64_t offset = 0, count = 0;
    uint16_t flags = 0;
    std::span<const std::byte> data;
};

constexpr int no_fault = 0, made_short = -1;

/// How the call is to fail: an errno, or one of these two. Gives it its number.
int number_and_judge(const Made& made, uint64_t& number);
void write_down(const Made& made, uint64_t number, int fault);

/// Makes a call, or lets it fail. `work` gives what the system says; `failed` is what means a
/// failure.
template <class Work, class Result>
Result make(Made made, Result failed, Work work) {
    uint64_t number = 0;
    const int fault = number_and_judge(made, number);
    if (fault > 0) {
        write_down(made, number, fault);
        errno = fault;
        return failed;
    }
    const Result result = work();
    const int error = errno;
    if (result != failed) write_down(made, number, no_fault);
    errno = error;
    return result;
}

/// Of calls that move bytes: `work` is given how many it may move.
template <class Work>
ssize_t move(Made made, size_t asked, Work work) {
    uint64_t number = 0;
    made.count = asked;
    const int fault = number_and_judge(made, number);
    if (fault > 0) {
        write_down(made, number, fault);
        errno = fault;
        return -1;
    }
    const ssize_t moved = work(fault == made_short ? asked / 2 : asked);
    const int error = errno;
    if (moved >= 0) {
        made.count = static_cast<uint64_t>(moved);
        made.data = made.data.first(std::min(made.data.size(), static_cast<size_t>(moved)));
        write_down(made, number, fault);
    }
    errno = error;
    return moved;
}

}  // namespace faults
