// See squared_error.hpp.
#include "models/squared_error.hpp"

#include <algorithm>
#include <cstddef>

namespace models {

double squared_error(std::span<const float> made, std::span<const float> wanted, double scale,
                     std::span<float> diff_made) {
    const auto factor = static_cast<float>(2 * scale);
    constexpr size_t lanes = 8;  // partial sums of their own, so that the compiler may vectorise
    constexpr size_t block = 512;
    double sum = 0;
    for (size_t first = 0; first < made.size(); first += block) {
        const size_t end = std::min(made.size(), first + block);
        float partial[lanes] = {};
        size_t i = first;
        for (; i + lanes <= end; i += lanes)
            for (size_t lane = 0; lane < lanes; ++lane) {
                const float difference = made[i + lane] - wanted[i + lane];
                diff_made[i + lane] = factor * difference;
                partial[lane] += difference * difference;
            }
        for (; i < end; ++i) {
            const float difference = made[i] - wanted[i];
            diff_made[i] = factor * difference;
            partial[0] += difference * difference;
        }
        for (const float part : partial) sum += part;
    }
    return sum;
}

}  // namespace models
