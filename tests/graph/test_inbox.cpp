// Many threads put things into an inbox: each is taken once, in its thread's order, by one at a
// time.
#include "graph/inbox.hpp"

#include <atomic>
#include <thread>

#include <gmock/gmock.h>

namespace {

TEST(Inbox, IsSeenToByOneThreadAtATimeUntilItIsEmpty) {
    constexpr int threads = 8, each = 20'000;
    graph::Inbox<std::pair<int, int>> inbox;
    std::vector<std::pair<int, int>> taken;
    std::vector<int> next(threads);
    std::atomic<int> inside{0};
    bool alone = true, in_order = true;
    const auto empty_it = [&] {
        while (inbox.take(taken)) {
            alone = alone && ++inside == 1;
            for (const auto& [thread, number] : taken)
                in_order = in_order && number == next[thread]++;
            --inside;
        }
    };
    {
        std::vector<std::jthread> all;
        for (int thread = 0; thread < threads; ++thread)
            all.emplace_back([&, thread] {
                for (int i = 0; i < each; ++i)
                    if (inbox.put({thread, i})) empty_it();
            });
    }
    EXPECT_TRUE(alone);
    EXPECT_TRUE(in_order);
    EXPECT_THAT(next, testing::Each(each));
}

}  // namespace
