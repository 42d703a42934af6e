// See thaw_codec.hpp.
#include "models/thaw_codec.hpp"

#include <algorithm>
#include <cmath>

namespace models {
namespace {

/// A layer's weights and bias in real numbers, and what 1.0 of its results is as an integer.
struct Thawed {
    std::vector<float> weights, bias;
    std::vector<double> units;  // of each output
};

/// The integers of rows (phases x outputs) for sources whose 1.0 is `src_units`; `units`: empty, or
/// those of the results.
Thawed thaw_layer(const IntegerConvolution& layer, const std::vector<double>& src_units,
                  std::vector<double> units) {
    const size_t rows = layer.bias.size(), size = layer.weights.size() / rows;
    const auto window = static_cast<size_t>(layer.window * layer.window);
    const auto outputs = static_cast<size_t>(layer.outputs);
    std::vector<double> weights(layer.weights.size()), squares(outputs);
    for (size_t i = 0; i < weights.size(); ++i) {
        weights[i] = std::ldexp(static_cast<double>(layer.weights[i]), -layer.shift[i / size]) *
                     src_units[i % size / window];
        squares[i / size % outputs] += weights[i] * weights[i];
    }
    if (units.empty()) {
        // As he_uniform has them: a sum of squares of 2 for each row.
        const double phases = static_cast<double>(rows) / static_cast<double>(outputs);
        for (const double square : squares)
            units.push_back(square > 0 ? std::sqrt(square / (2 * phases)) : 1);
    }
    Thawed result;
    for (size_t i = 0; i < weights.size(); ++i)
        result.weights.push_back(static_cast<float>(weights[i] / units[i / size % outputs]));
    for (size_t row = 0; row < rows; ++row) {
        const double half = layer.shift[row] > 0 ? 0.5 : 0;  // which rounds to nearest
        const double bias =
            std::ldexp(static_cast<double>(layer.bias[row]), -layer.shift[row]) - half;
        result.bias.push_back(static_cast<float>(bias / units[row % outputs]));
    }
    result.units = std::move(units);
    return result;
}

}  // namespace

std::unique_ptr<HyperpriorModel> thaw_codec(const FrozenCodec& codec) {
    auto model = codec.analysis().model().copy();
    const auto channels = static_cast<size_t>(codec.channels());
    const int64_t middle = codec.levels() / 2;
    const std::vector<float> gains = model->gains(codec.quality(middle));
    std::vector<double> units;  // with which inverse gains are 1 / gains, in the middle
    for (size_t c = 0; c < channels; ++c)
        units.push_back(std::max(1, codec.steps(middle)[c]) / 4096.0 * double{gains[c]});
    for (int64_t quality = 0; quality < model->qualities(); ++quality) {
        std::vector<float> inverse;
        const auto steps = codec.steps(quality * FrozenCodec::steps_per_quality);
        for (size_t c = 0; c < channels; ++c)
            inverse.push_back(static_cast<float>(steps[c] / 4096.0 / units[c]));
        model->set_inverse_gains(quality, inverse);
    }

    std::vector<NamedTensor> tensors = model->weights();
    auto to = std::ranges::find_if(
        tensors, [](const NamedTensor& one) { return one.name.starts_with("synthesis."); });
    const auto& layers = codec.synthesis().layers();
    for (size_t i = 0; i < layers.size(); ++i) {
        const bool last = i + 1 == layers.size();
        std::vector<double> of_results;
        if (last) of_results = {FrozenCodec::white / double{HyperpriorModel::contrast}};
        Thawed layer = thaw_layer(layers[i], units, std::move(of_results));
        units = std::move(layer.units);
        for (auto* values : {&layer.weights, &layer.bias}) {
            if (to == tensors.end() || to->tensor.values.size() != values->size())
                throw ModelError("the codec's synthesis is not that of its architecture");
            (to++)->tensor.values = std::move(*values);
        }
    }
    model->restore(tensors);
    return model;
}

}  // namespace models
