// A loop over a flat array, cut into parts that run side by side.
#pragma once

#include <cstddef>

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

namespace models {

/// Calls use(begin, end) for parts of 0 .. count. A waiting thread takes up no other work.
template <class Use>
void in_parallel(size_t count, Use use) {
    constexpr size_t grain = 1 << 14;
    tbb::this_task_arena::isolate([&] {
        tbb::parallel_for(tbb::blocked_range<size_t>(0, count, grain),
                          [&](const auto& range) { use(range.begin(), range.end()); });
    });
}

}  // namespace models
