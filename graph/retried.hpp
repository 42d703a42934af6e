// A system call made again as long as signals interrupt it: a timer, or a terminal's new size, must
// not end a run.
#pragma once

#include <cerrno>

namespace graph {

template <class Call>
auto retried(Call call) {
    auto result = call();
    while (result < 0 && errno == EINTR) result = call();
    return result;
}

}  // namespace graph
