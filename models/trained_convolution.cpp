// See trained_convolution.hpp.
#include "models/trained_convolution.hpp"

#include "models/model.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>

#include <fmt/format.h>

namespace models {
namespace {

using Kind = TrainedConvolution::Kind;

/// How far behind its own place a phase sees the source that weight `p` of a kernel is for, along
/// rows or columns; nothing if that weight has no part in the phase.
std::optional<int64_t> seen_at(Kind kind, int64_t kernel, int64_t phase, int64_t p) {
    const int64_t half = kernel / 2;
    switch (kind) {
        case Kind::plain:
        case Kind::pixel_shuffled:
            return p - half;
        case Kind::upsampled:
            return (phase + p - half + kernel + 1) / 2 - (kernel + 1) / 2;
        case Kind::transposed: {
            const int64_t twice = phase + (kernel - 1) / 2 - p;
            if (twice % 2 != 0) return {};
            return twice / 2;
        }
    }
    return {};
}

int64_t margin(Kind kind, int64_t kernel, int64_t up) {
    int64_t most = 0;
    for (int64_t phase = 0; phase < up; ++phase)
        for (int64_t p = 0; p < kernel; ++p)
            most = std::max(most, std::abs(seen_at(kind, kernel, phase, p).value_or(0)));
    return most;
}

Tensor run(const PhaseConvolution& layer, const Tensor& src) {
    const int64_t rows = src.dims[1];
    const int64_t columns = src.dims[2];
    const int64_t up = layer.up;
    const int64_t margin = layer.window / 2;
    Tensor dst({layer.outputs, rows * up, columns * up});
    std::vector<double> sums(static_cast<size_t>(rows * columns));
    const double* weight = layer.weights.data();
    for (int64_t phase = 0; phase < up * up; ++phase)
        for (int64_t o = 0; o < layer.outputs; ++o) {
            std::fill(sums.begin(), sums.end(),
                      layer.bias[static_cast<size_t>(phase * layer.outputs + o)]);
            for (int64_t i = 0; i < layer.inputs; ++i)
                for (int64_t p = -margin; p <= margin; ++p)
                    for (int64_t q = -margin; q <= margin; ++q, ++weight) {
                        if (*weight == 0) continue;
                        const int64_t first = std::max<int64_t>(0, -q);
                        const int64_t last = std::min(columns, columns - q);
                        for (int64_t y = std::max<int64_t>(0, -p); y < std::min(rows, rows - p);
                             ++y) {
                            const float* from =
                                src.values.data() + (i * rows + y + p) * columns + q;
                            double* to = sums.data() + y * columns;
                            for (int64_t x = first; x < last; ++x) to[x] += *weight * from[x];
                        }
                    }
            for (int64_t y = 0; y < rows; ++y)
                for (int64_t x = 0; x < columns; ++x) {
                    const double sum = sums[static_cast<size_t>(y * columns + x)];
                    const int64_t at =
                        ((o * rows + y) * up + phase / up) * columns * up + x * up + phase % up;
                    dst.values[static_cast<size_t>(at)] =
                        static_cast<float>(layer.relu ? std::max(sum, 0.0) : sum);
                }
        }
    return dst;
}

}  // namespace

PhaseConvolution phases(const TrainedConvolution& layer) {
    const Dims& dims = layer.weights.dims;
    const int64_t up = layer.kind == Kind::plain            ? 1
                       : layer.kind == Kind::pixel_shuffled ? layer.factor
                                                            : 2;
    const int64_t shuffled = layer.kind == Kind::pixel_shuffled ? up * up : 1;
    const bool odd = layer.kind == Kind::transposed || (dims.size() == 4 && dims[2] % 2 == 1);
    if (dims.size() != 4 || dims[2] != dims[3] || !odd || up < 1 || dims[0] % shuffled != 0 ||
        static_cast<int64_t>(layer.bias.size()) != dims[0])
        throw ModelError(fmt::format("weights of {} with {} biases cannot be frozen",
                                     fmt::join(dims, " x "), layer.bias.size()));
    const int64_t kernel = dims[2];
    PhaseConvolution result{};
    result.up = up;
    result.inputs = dims[1];
    result.outputs = dims[0] / shuffled;
    const int64_t reach = margin(layer.kind, kernel, result.up);
    result.window = 2 * reach + 1;
    result.relu = layer.relu;
    const int64_t window = result.window;
    result.weights.resize(
        static_cast<size_t>(up * up * result.outputs * result.inputs * window * window));
    for (int64_t phase = 0; phase < up * up; ++phase)
        for (int64_t o = 0; o < result.outputs; ++o) {
            const int64_t channel =
                shuffled > 1 ? phase * result.outputs + o : o;  // of the trained layer
            result.bias.push_back(layer.bias[static_cast<size_t>(channel)]);
            for (int64_t i = 0; i < result.inputs; ++i)
                for (int64_t p = 0; p < kernel; ++p)
                    for (int64_t q = 0; q < kernel; ++q) {
                        const auto y = seen_at(layer.kind, kernel, phase / up, p);
                        const auto x = seen_at(layer.kind, kernel, phase % up, q);
                        if (!y || !x) continue;
                        const int64_t row = (phase * result.outputs + o) * result.inputs + i;
                        const int64_t to = (row * window + *y + reach) * window + *x + reach;
                        const int64_t from =
                            ((channel * result.inputs + i) * kernel + p) * kernel + q;
                        result.weights[static_cast<size_t>(to)] +=
                            layer.weights.values[static_cast<size_t>(from)];
                    }
        }
    return result;
}

std::vector<Tensor> run_trained(const std::vector<TrainedConvolution>& layers,
                                const Tensor& latents) {
    std::vector<Tensor> results;
    results.reserve(layers.size());
    for (const TrainedConvolution& layer : layers)
        results.push_back(run(phases(layer), results.empty() ? latents : results.back()));
    return results;
}

}  // namespace models
