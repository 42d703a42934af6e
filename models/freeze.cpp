// See freeze.hpp.
#include "models/freeze.hpp"

#include "models/model.hpp"

#include <algorithm>
#include <cmath>
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

/// Integers of one phase of one channel.
struct Channel {
    std::vector<int32_t> weights;
    int32_t bias = 0;
    int32_t shift = 0;
};

/// The most precise weights whose sums fit 32 bits; none if no scale is small enough. Sources are
/// integers up to largest_src that stand for 2^-src_bits, results stand for 2^-dst_bits.
std::optional<Channel> quantise(std::span<const double> weights, double bias, int src_bits,
                                int dst_bits, int64_t largest_src) {
    for (int shift = 30; shift >= 0; --shift) {
        const int bits = shift + dst_bits - src_bits;  // of the weights, behind the point
        const double half = shift > 0 ? std::ldexp(1.0, shift - 1) : 0;
        const double whole_bias = std::nearbyint(std::ldexp(bias, bits + src_bits)) + half;
        Channel channel;
        double sum = 0;
        double most = 0;
        for (const double weight : weights) {
            const double rounded = std::nearbyint(std::ldexp(weight, bits));
            sum += std::abs(rounded);
            most = std::max(most, std::abs(rounded));
        }
        const double bound = sum * static_cast<double>(largest_src) + std::abs(whole_bias);
        if (!(most <= 32767) || !(bound < 0x1p31)) continue;  // not for NaN either
        for (const double weight : weights)
            channel.weights.push_back(
                static_cast<int32_t>(std::nearbyint(std::ldexp(weight, bits))));
        channel.bias = static_cast<int32_t>(whole_bias);
        channel.shift = shift;
        return channel;
    }
    return {};
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
    const bool shuffled = layer.kind == Kind::pixel_shuffled;
    const bool odd = layer.kind == Kind::transposed || (dims.size() == 4 && dims[2] % 2 == 1);
    if (dims.size() != 4 || dims[2] != dims[3] || !odd || (shuffled && dims[0] % 4 != 0) ||
        static_cast<int64_t>(layer.bias.size()) != dims[0])
        throw ModelError(fmt::format("weights of {} with {} biases cannot be frozen",
                                     fmt::join(dims, " x "), layer.bias.size()));
    const int64_t kernel = dims[2];
    PhaseConvolution result{};
    result.up = layer.kind == Kind::plain ? 1 : 2;
    result.inputs = dims[1];
    result.outputs = shuffled ? dims[0] / 4 : dims[0];
    const int64_t reach = margin(layer.kind, kernel, result.up);
    result.window = 2 * reach + 1;
    result.relu = layer.relu;
    const int64_t up = result.up;
    const int64_t window = result.window;
    result.weights.resize(
        static_cast<size_t>(up * up * result.outputs * result.inputs * window * window));
    for (int64_t phase = 0; phase < up * up; ++phase)
        for (int64_t o = 0; o < result.outputs; ++o) {
            const int64_t channel = shuffled ? 4 * o + phase : o;  // of the trained layer
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
    for (const TrainedConvolution& layer : layers)
        results.push_back(run(phases(layer), results.empty() ? latents : results.back()));
    return results;
}

std::vector<double> largest_activations(const std::vector<TrainedConvolution>& layers,
                                        std::span<const Tensor> latents) {
    std::vector<double> largest(layers.size() - 1);
    for (const Tensor& one : latents) {
        const std::vector<Tensor> results = run_trained(layers, one);
        for (size_t i = 0; i < largest.size(); ++i)
            for (const float value : results[i].values)
                largest[i] = std::max(largest[i], std::abs(double{value}));
    }
    return largest;
}

IntegerNetwork freeze(const std::vector<TrainedConvolution>& layers,
                      const std::vector<double>& largest, const FreezeOptions& options) {
    if (layers.empty() || largest.size() + 1 != layers.size())
        throw ModelError(fmt::format("{} layers cannot be frozen with the ranges of {}",
                                     layers.size(), largest.size()));
    std::vector<IntegerConvolution> frozen;
    int src_bits = options.latent_fraction_bits;
    int64_t largest_src = options.largest_latent;
    for (size_t i = 0; i < layers.size(); ++i) {
        const bool last = i + 1 == layers.size();
        const PhaseConvolution layer = phases(layers[i]);
        const double unit = last ? options.largest_sample : 1;  // of the results
        const double most = last || largest[i] <= 0 ? 1 : options.margin * largest[i];
        const int dst_bits =
            last ? 0 : static_cast<int>(std::floor(std::log2(options.largest_activation / most)));
        IntegerConvolution integers{layer.inputs,
                                    layer.outputs,
                                    layer.up,
                                    layer.window,
                                    {},
                                    {},
                                    {},
                                    0,
                                    last ? options.largest_sample : options.largest_activation};
        if (!last && !layer.relu) integers.lowest = -integers.largest;

        const auto taps = static_cast<size_t>(layer.inputs * layer.window * layer.window);
        std::vector<double> weights(taps);
        for (size_t row = 0; row < layer.bias.size(); ++row) {
            for (size_t k = 0; k < taps; ++k) weights[k] = unit * layer.weights[row * taps + k];
            const auto channel =
                quantise(weights, unit * layer.bias[row], src_bits, dst_bits, largest_src);
            if (!channel)
                throw ModelError(fmt::format(
                    "layer {}: no scale of the weights of channel {} keeps its sums within 32 "
                    "bits; make largest_activation or largest_latent smaller",
                    i, static_cast<int64_t>(row) % layer.outputs));
            integers.weights.insert(integers.weights.end(), channel->weights.begin(),
                                    channel->weights.end());
            integers.bias.push_back(channel->bias);
            integers.shift.push_back(channel->shift);
        }
        frozen.push_back(std::move(integers));
        src_bits = dst_bits;
        largest_src = options.largest_activation;
    }
    return {std::move(frozen), options.largest_latent};
}

std::vector<int32_t> freeze_latents(std::span<const float> latents, const FreezeOptions& options) {
    std::vector<int32_t> integers;
    integers.reserve(latents.size());
    for (const float latent : latents)
        integers.push_back(
            static_cast<int32_t>(std::lround(std::ldexp(latent, options.latent_fraction_bits))));
    return integers;
}

}  // namespace models
