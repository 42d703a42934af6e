// What processes that train together say to each other beside the gradients.
#include "nodes/joint_step.hpp"
#include "tests/models/joined_ranks.hpp"

#include <atomic>

#include <gmock/gmock.h>

namespace nodes {
namespace {

TEST(JointStep, StopsAllRanksAfterTheStepInWhichOneWishesIt) {
    on_ranks(3, [](const std::shared_ptr<JoinedRank>& ranks) {
        for (uint64_t step = 0; step < 4; ++step) {
            JointStep joint(*ranks, step == 2 && ranks->rank() == 1, 8, step);
            EXPECT_EQ(joint.stops(), step == 2);
        }
    });
}

TEST(JointStep, RefusesUnlikeBatches) {
    for (const bool other_size : {true, false}) {
        std::atomic<int> refused = 0;
        on_ranks(2, [&](const std::shared_ptr<JoinedRank>& ranks) {
            JointStep joint(*ranks, false, other_size ? 8 - ranks->rank() : 8,
                            other_size ? 5 : static_cast<uint64_t>(5 + ranks->rank()));
            try {
                joint.stops();
            } catch (const std::runtime_error&) {
                ++refused;
            }
        });
        EXPECT_EQ(refused, 2);
    }
}

TEST(CheckEqual, SeesASingleBit) {
    std::atomic<int> refused = 0;
    on_ranks(2, [&](const std::shared_ptr<JoinedRank>& ranks) {
        models::Tensor tensor({3});
        tensor.values = {1, 2, 3};
        EXPECT_NO_THROW(check_equal(*ranks, {{"weights", tensor}}));
        if (ranks->rank() == 1) tensor.values[1] = std::nextafter(2.F, 3.F);
        try {
            check_equal(*ranks, {{"weights", tensor}});
        } catch (const std::runtime_error&) {
            ++refused;
        }
    });
    EXPECT_EQ(refused, 2);
}

}  // namespace
}  // namespace nodes
