// See fidelity.hpp.
#include "nodes/fidelity.hpp"

#include "models/metrics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace nodes {

Fidelity fidelity(const formats::Frame& original, std::span<const uint16_t> pixels) {
    const formats::Image& first = original.pages.front();
    const bool eight = first.type == formats::SampleType::u8;
    const auto value = [&](float sample) {
        return eight ? formats::to_stored<uint8_t>(sample) : formats::to_stored<uint16_t>(sample);
    };
    float peak = eight ? 1.0F : 0.0F;
    if (!eight)
        for (const formats::Image& page : original.pages)
            peak = std::max(peak, *std::ranges::max_element(page.samples));
    const double top = std::max(1, int{value(peak)});

    constexpr int window = 11;
    const bool similar = first.width >= window && first.height >= window;
    uint64_t squares = 0, count = 0;
    int64_t largest = 0;
    double similarity = 0;
    for (const formats::Image& page : original.pages) {
        const models::Dims dims{1, page.channels, page.height, page.width};
        models::Tensor one(dims), other(dims);
        for (size_t i = 0; i < page.samples.size(); ++i) {
            const int64_t stored = value(page.samples[i]), decoded = pixels[count + i];
            const int64_t error = decoded - stored;
            squares += static_cast<uint64_t>(error * error);
            largest = std::max(largest, std::abs(error));
            one.values[i] = static_cast<float>(static_cast<double>(stored) / top);
            other.values[i] = static_cast<float>(static_cast<double>(decoded) / top);
        }
        count += page.samples.size();
        if (similar) similarity += models::ssim(one, other).at(0);
    }
    Fidelity result;
    const double mean = static_cast<double>(squares) / static_cast<double>(count);
    result.psnr = squares == 0 ? std::numeric_limits<double>::infinity()
                               : -10 * std::log10(mean / (top * top));
    result.ssim = similar ? similarity / static_cast<double>(original.pages.size())
                          : std::numeric_limits<double>::quiet_NaN();
    result.max_error = static_cast<double>(largest);
    return result;
}

}  // namespace nodes
