// The options that all autoencoders have, and how their layers become a model: an architecture only
// has to list its layers.
#pragma once

#include "models/initialisation.hpp"
#include "models/layers.hpp"
#include "models/model.hpp"

#include <string>
#include <vector>

namespace models {

struct AutoencoderArchitecture : Architecture {
    std::string activation = "relu";
    std::string output = "linear";
    std::string initialisation = "glorot_uniform";

    std::unique_ptr<Model> build(const Dims& image, uint64_t seed,
                                 const TrainingOptions& training) const override;
    Dims latent_dims(const Dims& image) const override;
    Footprint footprint(const Dims& image) const override;

  protected:
    /// image: C, H, W. Throw ModelError if it does not fit.
    virtual Layers encoder(const Dims& image) const = 0;
    virtual Layers decoder(const Dims& image) const = 0;

    Activation hidden_activation() const;
    Activation output_activation() const;
};

/// `own` and those of AutoencoderArchitecture, as options of Kind, which derives from it.
template <class Kind>
std::vector<graph::Param> autoencoder_params(std::vector<graph::Param> own) {
    using graph::param;
    own.push_back(param<Kind, std::string>("activation", &Kind::activation,
                                           graph::Choice{{"relu", "leaky_relu", "tanh"}},
                                           "after each layer but the last"));
    own.push_back(param<Kind, std::string>(
        "output", &Kind::output, graph::Choice{{"linear", "relu", "sigmoid"}},
        "after the last layer; relu can stop learning, sigmoid learns more slowly"));
    own.push_back(param<Kind, std::string>("initialisation", &Kind::initialisation,
                                           initialisations(), "of the weights; biases start at 0"));
    return own;
}

}  // namespace models
