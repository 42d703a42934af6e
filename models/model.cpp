// What all models share: see model.hpp.
#include "models/model.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace models {

double Latents::bits_per_value() const {
    return centres.empty() ? 32 : std::log2(static_cast<double>(centres.size()));
}

const Tensor& find_tensor(const std::vector<NamedTensor>& tensors, const std::string& name,
                          const Dims& dims) {
    const auto found = std::find_if(tensors.begin(), tensors.end(),
                                    [&](const NamedTensor& named) { return named.name == name; });
    if (found == tensors.end())
        throw ModelError(
            fmt::format("no '{}' among the stored tensors; they are not of this model", name));
    if (found->tensor.dims != dims)
        throw ModelError(
            fmt::format("'{}' is {} values, but this model has {}; build it with the "
                        "options and image size that it was stored with",
                        name, fmt::join(found->tensor.dims, " x "), fmt::join(dims, " x ")));
    return found->tensor;
}

double Latents::total_bits() const {
    if (bits.empty()) return bits_per_value() * static_cast<double>(count(values.dims));
    return std::accumulate(bits.begin(), bits.end(), 0.0);
}

void Model::start_from(const Model& other) { restore(other.weights()); }

std::unique_ptr<const Model> Model::resized(const Dims& image) const {
    throw ModelError(fmt::format("the model's weights are for one size of image, not for {}x{}",
                                 image[2], image[1]));
}

std::unique_ptr<const Model> Model::at_quality(double) const {
    throw ModelError("the model was not trained for several qualities");
}

std::vector<graph::Param> training_params() {
    using graph::param;
    return {graph::kind("optimizer", &TrainingOptions::optimizer, "how gradients change weights"),
            graph::kind("schedule", &TrainingOptions::schedule,
                        "the factor on the optimizer's rate over the epochs"),
            param("clip_norm", &TrainingOptions::clip_norm, graph::Range{0},
                  "largest norm of the gradient, longer ones are shortened; 0: as they are")};
}

}  // namespace models
