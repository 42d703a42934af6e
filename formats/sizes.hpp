// Sizes that come from a file nobody vouches for are multiplied here, where overflow is seen.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <limits>

namespace formats {

/// The product, or the largest number there is if it does not fit: more than any limit allows.
constexpr uint64_t product(std::initializer_list<uint64_t> factors) {
    constexpr uint64_t most = std::numeric_limits<uint64_t>::max();
    bool too_much = false;
    uint64_t result = 1;
    for (const uint64_t factor : factors) {
        if (factor == 0) return 0;
        if (result > most / factor)
            too_much = true;
        else
            result *= factor;
    }
    return too_much ? most : result;
}

}  // namespace formats
