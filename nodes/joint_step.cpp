// See joint_step.hpp.
#include "nodes/joint_step.hpp"

#include <bit>

namespace nodes {

void check_equal(models::Ranks& ranks, const std::vector<models::NamedTensor>& tensors) {
    if (ranks.count() == 1) return;
    uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
    for (const auto& named : tensors)
        for (const float value : named.tensor.values)
            hash = (hash ^ std::bit_cast<uint32_t>(value)) * 0x100000001b3;
    // In two halves, whose sums are whole numbers that a double holds.
    const std::array own{static_cast<double>(hash >> 32), static_cast<double>(hash & 0xffffffff)};
    auto all = own;
    models::sum(ranks, all);
    for (size_t i = 0; i < own.size(); ++i)
        if (all[i] != own[i] * ranks.count())
            throw std::runtime_error(
                "the processes that train together have come to different weights: do they run the "
                "same program, with the same options and files?");
}

}  // namespace nodes
