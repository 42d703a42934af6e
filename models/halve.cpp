// See halve.hpp.
#include "models/halve.hpp"

namespace models {
namespace {

/// Calls use(source row, result row) for the upper row of each pair.
template <class Use>
void for_each_row(const PlaneDims& planes, Use use) {
    const int64_t height = planes.height / 2, width = planes.width / 2;
    for (int64_t plane = 0; plane < planes.count; ++plane)
        for (int64_t y = 0; y < height; ++y)
            use((plane * planes.height + 2 * y) * planes.width, (plane * height + y) * width);
}

}  // namespace

void halve(std::span<const float> src, const PlaneDims& planes, std::span<float> dst) {
    for_each_row(planes, [&](int64_t from, int64_t to) {
        const float* upper = src.data() + from;
        const float* lower = upper + planes.width;
        for (int64_t x = 0; x < planes.width / 2; ++x)
            dst[to + x] =
                (upper[2 * x] + upper[2 * x + 1] + lower[2 * x] + lower[2 * x + 1]) * 0.25F;
    });
}

void halve_backward(std::span<const float> diff_dst, const PlaneDims& planes,
                    std::span<float> diff_src) {
    for_each_row(planes, [&](int64_t from, int64_t to) {
        float* upper = diff_src.data() + from;
        float* lower = upper + planes.width;
        for (int64_t x = 0; x < planes.width / 2; ++x) {
            const float part = diff_dst[to + x] * 0.25F;
            upper[2 * x] += part;
            upper[2 * x + 1] += part;
            lower[2 * x] += part;
            lower[2 * x + 1] += part;
        }
    });
}

}  // namespace models
