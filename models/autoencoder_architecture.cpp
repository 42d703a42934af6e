// See autoencoder_architecture.hpp.
#include "models/autoencoder_architecture.hpp"

#include "models/autoencoder.hpp"
#include "models/footprint.hpp"

#include <map>

#include <fmt/format.h>

namespace models {
namespace {

Activation activation_named(const std::string& name) {
    static const std::map<std::string, Activation> activations{
        {"linear", Activation::none},
        {"relu", Activation::relu},
        {"leaky_relu", Activation::leaky_relu},
        {"sigmoid", Activation::sigmoid},
        {"tanh", Activation::tanh}};
    const auto found = activations.find(name);
    if (found == activations.end()) throw ModelError("there is no activation '" + name + "'");
    return found->second;
}

}  // namespace

std::unique_ptr<Model> AutoencoderArchitecture::build(const Dims& image, uint64_t seed,
                                                      const TrainingOptions& training) const {
    Network encode("encoder", image, encoder(image));
    Network decode("decoder", encode.dst_dims(), decoder(image));
    Generator generator(seed);
    encode.initialise(initialisation, generator);
    decode.initialise(initialisation, generator);
    return std::make_unique<Autoencoder>(std::move(encode), std::move(decode), training);
}

Dims AutoencoderArchitecture::latent_dims(const Dims& image) const {
    return Sequence(encoder(image)).dst_dims(image);
}

Footprint AutoencoderArchitecture::footprint(const Dims& image) const {
    Footprint all = models::footprint(encoder(image), image);
    return all += models::footprint(decoder(image), latent_dims(image), image);
}

Activation AutoencoderArchitecture::hidden_activation() const {
    return activation_named(activation);
}

Activation AutoencoderArchitecture::output_activation() const { return activation_named(output); }

}  // namespace models
