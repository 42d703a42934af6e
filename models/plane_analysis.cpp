// See plane_analysis.hpp.
#include "models/plane_analysis.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace models {
namespace {

// Windows of large frames: this much of a side is wanted, with a margin that is wider than what
// the analysis sees.
constexpr int64_t core = 1024;
constexpr int64_t margin = 64;
constexpr int64_t windows_at_once = 4;

/// Where windows lie along one side: all of one size, each within the frame.
struct Side {
    int64_t size;   // of a window
    int64_t cores;  // how many windows
    int64_t length;

    explicit Side(int64_t all) : size(all), cores(1), length(all) {
        if (all <= core + 2 * margin) return;
        size = core + 2 * margin;
        cores = (all + core - 1) / core;
    }
    int64_t begin(int64_t i) const {
        return std::clamp(i * core - margin, int64_t{0}, length - size);
    }
    int64_t core_begin(int64_t i) const { return i * core; }
    int64_t core_end(int64_t i) const { return i + 1 == cores ? length : (i + 1) * core; }
};

}  // namespace

PlaneAnalysis::PlaneAnalysis(std::shared_ptr<const HyperpriorModel> model)
    : model_(std::move(model)) {}

std::shared_ptr<const Network> PlaneAnalysis::network(const Dims& image) const {
    constexpr size_t most = 8;
    const std::lock_guard lock(mutex_);
    const auto found =
        std::ranges::find(networks_, image, [](const auto& one) { return one.first; });
    if (found != networks_.end()) {
        std::rotate(networks_.begin(), found, found + 1);  // the last one used comes first
        return networks_.front().second;
    }
    if (networks_.size() == most) networks_.pop_back();
    networks_.emplace(networks_.begin(), image,
                      std::make_shared<const Network>(model_->networks().analysis, image));
    return networks_.front().second;
}

AnalysedPlane PlaneAnalysis::run(std::span<const float> samples, int64_t height,
                                 int64_t width) const {
    if (height < 1 || width < 1 || static_cast<int64_t>(samples.size()) != height * width)
        throw ModelError(
            fmt::format("{} samples for a plane of {}x{}", samples.size(), width, height));
    const int64_t stride = model_->stride(), channels = model_->networks().analysis.dst_dims()[0];
    AnalysedPlane plane;
    plane.rows = (height + stride - 1) / stride;
    plane.columns = (width + stride - 1) / stride;
    plane.values.resize(static_cast<size_t>(channels * plane.rows * plane.columns));
    const Side down(plane.rows * stride), across(plane.columns * stride);
    const auto analysis = network({1, down.size, across.size});
    const int64_t windows = down.cores * across.cores;
    for (int64_t first = 0; first < windows; first += windows_at_once) {
        const int64_t some = std::min(windows_at_once, windows - first);
        Tensor batch({some, 1, down.size, across.size});
        float* to = batch.values.data();
        for (int64_t n = 0; n < some; ++n)
            for (int64_t y = 0; y < down.size; ++y) {
                const int64_t row =
                    std::min(down.begin((first + n) / across.cores) + y, height - 1);
                const int64_t left = across.begin((first + n) % across.cores);
                const float* from = &samples[static_cast<size_t>(row * width)];
                const int64_t inside = std::clamp(width - left, int64_t{0}, across.size);
                to = std::transform(from + left, from + left + inside, to, [](float sample) {
                    return HyperpriorModel::contrast * sample;
                });
                to = std::fill_n(to, across.size - inside,
                                 HyperpriorModel::contrast * from[width - 1]);
            }
        const Tensor latents = analysis->run(batch);
        const int64_t rows = latents.dims[2], columns = latents.dims[3];
        for (int64_t n = 0; n < some; ++n) {
            const int64_t i = (first + n) / across.cores, j = (first + n) % across.cores;
            const int64_t y = down.begin(i) / stride, x = across.begin(j) / stride;
            const int64_t left = across.core_begin(j) / stride;
            const int64_t right = across.core_end(j) / stride;
            for (int64_t c = 0; c < channels; ++c)
                for (int64_t r = down.core_begin(i) / stride; r < down.core_end(i) / stride; ++r)
                    std::copy_n(&latents.values[static_cast<size_t>(
                                    ((n * channels + c) * rows + r - y) * columns + left - x)],
                                right - left,
                                &plane.values[static_cast<size_t>(
                                    (c * plane.rows + r) * plane.columns + left)]);
        }
    }
    return plane;
}

}  // namespace models
