// An integer network as named integers, as a checkpoint holds it, and its digest.
#include "models/integer_tensors.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace models {
namespace {

const NamedIntegers* find(const std::vector<NamedIntegers>& tensors, const std::string& name) {
    const auto found = std::find_if(tensors.begin(), tensors.end(),
                                    [&](const NamedIntegers& named) { return named.name == name; });
    return found == tensors.end() ? nullptr : &*found;
}

std::string name_of(size_t layer, const char* what) {
    return fmt::format("synthesis.{}.{}", layer, what);
}

std::vector<IntegerConvolution> layers_of(const std::vector<NamedIntegers>& tensors) {
    std::vector<IntegerConvolution> layers;
    for (size_t i = 0; find(tensors, name_of(i, "weights")); ++i) {
        const NamedIntegers& weights = find_integers(tensors, name_of(i, "weights"), 6);
        const NamedIntegers& range = find_integers(tensors, name_of(i, "range"), 1);
        if (weights.dims[0] != weights.dims[1] || weights.dims[4] != weights.dims[5] ||
            range.values.size() != 2)
            throw ModelError(fmt::format("the stored integers of layer {} do not fit together", i));
        layers.push_back({weights.dims[3], weights.dims[2], weights.dims[0], weights.dims[4],
                          weights.values, find_integers(tensors, name_of(i, "bias"), 3).values,
                          find_integers(tensors, name_of(i, "shift"), 3).values, range.values[0],
                          range.values[1]});
    }
    return layers;
}

}  // namespace

const NamedIntegers& find_integers(const std::vector<NamedIntegers>& tensors,
                                   const std::string& name, size_t dims) {
    const NamedIntegers* tensor = find(tensors, name);
    if (!tensor) throw ModelError(fmt::format("no '{}' among the stored integers", name));
    uint64_t product = 1;  // never overflows: it stops at the number of values
    for (const int64_t dim : tensor->dims)
        product =
            product > 0 && dim >= 1 && static_cast<uint64_t>(dim) <= tensor->values.size() / product
                ? product * static_cast<uint64_t>(dim)
                : 0;
    if (tensor->dims.size() != dims || product == 0 || product != tensor->values.size())
        throw ModelError(
            fmt::format("the stored integers '{}' are {}", name, fmt::join(tensor->dims, " x ")));
    return *tensor;
}

IntegerNetwork::IntegerNetwork(const std::vector<NamedIntegers>& tensors)
    : IntegerNetwork(layers_of(tensors),
                     find_integers(tensors, "synthesis.largest_latent", 1).values[0]) {}

std::vector<NamedIntegers> IntegerNetwork::tensors() const {
    std::vector<NamedIntegers> tensors{{"synthesis.largest_latent", {1}, {largest_latent_}}};
    for (size_t i = 0; i < layers_.size(); ++i) {
        const IntegerConvolution& layer = layers_[i];
        const Dims channels{layer.up, layer.up, layer.outputs};
        tensors.push_back({name_of(i, "range"), {2}, {layer.lowest, layer.largest}});
        tensors.push_back({name_of(i, "weights"), layer.weight_dims(), layer.weights});
        tensors.push_back({name_of(i, "bias"), channels, layer.bias});
        tensors.push_back({name_of(i, "shift"), channels, layer.shift});
    }
    return tensors;
}

uint64_t IntegerNetwork::digest() const {
    uint64_t digest = 0xcbf29ce484222325U;
    const auto add = [&](uint64_t value, int bytes) {
        for (int byte = 0; byte < bytes; ++byte)
            digest = (digest ^ (value >> 8 * byte & 0xffU)) * 0x100000001b3U;
    };
    for (const NamedIntegers& tensor : tensors()) {
        for (const int64_t dim : tensor.dims) add(static_cast<uint64_t>(dim), 8);
        for (const int32_t value : tensor.values) add(static_cast<uint32_t>(value), 4);
    }
    return digest;
}

}  // namespace models
