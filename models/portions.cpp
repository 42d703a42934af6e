// See portions.hpp.
#include "models/portions.hpp"

#include <algorithm>

#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

namespace models {

std::vector<Portion> cut(int64_t images, bool separable, int64_t parameters, const Ranks& ranks) {
    constexpr int64_t gradients = 1 << 24;  // floats that all portions together may take
    const int64_t side_by_side = std::max<int64_t>(4, gradients / std::max<int64_t>(1, parameters));
    const int64_t most = separable ? side_by_side : ranks.count();
    const int64_t size = (images + most - 1) / most;
    const int64_t all = (images + size - 1) / std::max<int64_t>(1, size);
    const int64_t begin = all * ranks.rank() / ranks.count();
    const int64_t end = all * (ranks.rank() + 1) / ranks.count();
    std::vector<Portion> portions;
    for (int64_t i = begin; i < end; ++i)
        portions.push_back({i - begin, i * size, std::min(size, images - i * size)});
    return portions;
}

std::vector<Portion> cut(int64_t images, bool separable, int64_t parameters) {
    return cut(images, separable, parameters, *alone());
}

void for_each_portion(const std::vector<Portion>& portions, bool separable,
                      const std::function<void(const Portion&)>& body) {
    tbb::this_task_arena::isolate([&] {
        if (!separable) {
            for (const Portion& portion : portions) body(portion);
            return;
        }
        const auto alone = [&](size_t i) {
            tbb::task_arena one_thread(1);  // which makes oneDNN run on this thread only
            one_thread.execute([&] { body(portions[i]); });
        };
        tbb::parallel_for(size_t{0}, portions.size(), alone, tbb::simple_partitioner());
    });
}

}  // namespace models
