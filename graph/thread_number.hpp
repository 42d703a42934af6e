// A small number for each thread, from 0, in the order in which they ask.
#pragma once

#include <atomic>
#include <cstddef>

namespace graph {

namespace detail {
inline std::atomic<size_t> threads_numbered{0};
inline constinit thread_local size_t own_number = 0;  // from 1; no guard, as one made at run time
}  // namespace detail

inline size_t thread_number() {
    if (detail::own_number == 0) detail::own_number = ++detail::threads_numbered;
    return detail::own_number - 1;
}

}  // namespace graph
