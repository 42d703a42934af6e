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

/// What 1.0 becomes in channels with such largest activations. One that was seldom active gets at
/// most 64 times the scale of the layer's strongest.
std::vector<double> units(const std::vector<double>& largest, const FreezeOptions& options) {
    const double strongest = *std::max_element(largest.begin(), largest.end());
    const double least = strongest > 0 ? strongest / 64 : 1;
    std::vector<double> units;
    units.reserve(largest.size());
    for (const double one : largest)
        units.push_back(options.largest_activation / (options.margin * std::max(one, least)));
    return units;
}

/// Integers of one phase of one channel.
struct Channel {
    std::vector<int32_t> weights;
    int32_t bias = 0;
    int32_t shift = 0;
};

/// The most precise weights whose sums fit 32 bits; none if no scale is small enough. `weights` and
/// `bias` are for sources and results as integers; sources are up to largest_src.
std::optional<Channel> quantise(std::span<const double> weights, double bias, int64_t largest_src) {
    Channel channel;
    for (channel.shift = 30; channel.shift >= 0; --channel.shift) {
        const double unit = std::ldexp(1.0, channel.shift);
        const double whole_bias =
            std::nearbyint(unit * bias) + (channel.shift > 0 ? unit / 2 : 0);  // to nearest
        double sum = 0;
        double most = 0;
        for (const double weight : weights) {
            const double size = std::abs(std::nearbyint(unit * weight));
            sum += size;
            most = std::max(most, size);
        }
        const double bound = sum * static_cast<double>(largest_src) + std::abs(whole_bias);
        if (!(most <= 32767) || !(bound < 0x1p31)) continue;  // not for NaN either
        for (const double weight : weights)
            channel.weights.push_back(static_cast<int32_t>(std::nearbyint(unit * weight)));
        channel.bias = static_cast<int32_t>(whole_bias);
        return channel;
    }
    return {};
}

IntegerConvolution freeze_layer(const PhaseConvolution& layer, const std::vector<double>& src_units,
                                int64_t largest_src, std::vector<double>& dst_units,
                                bool fixed_units, const std::string& name) {
    const auto outputs = static_cast<size_t>(layer.outputs);
    const auto window = static_cast<size_t>(layer.window * layer.window);
    std::vector<double> weights(src_units.size() * window);
    std::vector<Channel> channels(layer.bias.size());
    const auto fits = [&](size_t row, double unit) {
        for (size_t k = 0; k < weights.size(); ++k)
            weights[k] = layer.weights[row * weights.size() + k] * unit / src_units[k / window];
        auto channel = quantise(weights, layer.bias[row] * unit, largest_src);
        if (channel) channels[row] = std::move(*channel);
        return channel.has_value();
    };
    for (size_t row = 0; row < channels.size(); ++row) {
        double& unit = dst_units[row % outputs];
        while (!fits(row, unit)) {
            if (fixed_units || unit < 0x1p-20)
                throw ModelError(fmt::format(
                    "{}: no scale of the weights of channel {} keeps its sums within 32 bits; make "
                    "largest_activation or largest_latent smaller",
                    name, row % outputs));
            unit /= 2;
            row %= outputs;  // its first phase again
        }
    }
    IntegerConvolution integers{layer.inputs, layer.outputs, layer.up, layer.window, {}, {}, {}};
    for (const Channel& channel : channels) {
        integers.weights.insert(integers.weights.end(), channel.weights.begin(),
                                channel.weights.end());
        integers.bias.push_back(channel.bias);
        integers.shift.push_back(channel.shift);
    }
    return integers;
}

}  // namespace

std::vector<std::vector<double>> largest_activations(const std::vector<TrainedConvolution>& layers,
                                                     std::span<const Tensor> latents) {
    std::vector<std::vector<double>> largest(layers.size() - 1);
    for (const Tensor& one : latents) {
        const std::vector<Tensor> results = run_trained(layers, one);
        for (size_t i = 0; i < largest.size(); ++i) {
            largest[i].resize(static_cast<size_t>(results[i].dims[0]));
            const size_t size = results[i].values.size() / largest[i].size();
            for (size_t k = 0; k < results[i].values.size(); ++k)
                largest[i][k / size] =
                    std::max(largest[i][k / size], std::abs(double{results[i].values[k]}));
        }
    }
    return largest;
}

IntegerNetwork freeze(const std::vector<TrainedConvolution>& layers,
                      const std::vector<std::vector<double>>& largest,
                      const FreezeOptions& options) {
    if (layers.empty() || largest.size() + 1 != layers.size())
        throw ModelError(fmt::format("{} layers cannot be frozen with the ranges of {}",
                                     layers.size(), largest.size()));
    std::vector<IntegerConvolution> frozen;
    std::vector<double> src_units = options.latent_units;
    if (src_units.empty()) src_units.assign(static_cast<size_t>(phases(layers[0]).inputs), 16);
    int64_t largest_src = options.largest_latent;
    for (size_t i = 0; i < layers.size(); ++i) {
        const bool last = i + 1 == layers.size();
        const PhaseConvolution layer = phases(layers[i]);
        const bool fits = last || static_cast<int64_t>(largest[i].size()) == layer.outputs;
        if (!fits || static_cast<int64_t>(src_units.size()) != layer.inputs)
            throw ModelError(fmt::format(
                "layer {}, of {} -> {} channels, does not fit its ranges or the layer before", i,
                layer.inputs, layer.outputs));
        std::vector<double> dst_units(static_cast<size_t>(layer.outputs), options.largest_sample);
        if (!last) dst_units = units(largest[i], options);
        frozen.push_back(freeze_layer(layer, src_units, largest_src, dst_units, last,
                                      fmt::format("layer {}", i)));
        frozen.back().largest = last ? options.largest_sample : options.largest_activation;
        if (!last && !layer.relu) frozen.back().lowest = -options.largest_activation;
        src_units = std::move(dst_units);
        largest_src = options.largest_activation;
    }
    return {std::move(frozen), options.largest_latent};
}

}  // namespace models
