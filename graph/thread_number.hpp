// A small number for each thread, from 0, in the order in which they ask.
#pragma once

#include <atomic>
#include <cstddef>

namespace graph {

inline size_t thread_number() {
    static std::atomic<size_t> next{0};
    thread_local const size_t number = next++;
    return number;
}

}  // namespace graph
