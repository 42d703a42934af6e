// The fully connected autoencoder: dense layers down to the bottleneck and back.
#include "models/autoencoder_architecture.hpp"

namespace models {
namespace {

using graph::param;
using graph::Range;

struct FullyConnected : AutoencoderArchitecture {
    std::vector<int64_t> hidden = {2048};

    Layers encoder(const Dims&) const override {
        check();
        Layers layers;
        for (const int64_t size : hidden)
            layers.push_back(dense({size, 1, 1}, hidden_activation()));
        return layers;
    }

    Layers decoder(const Dims& image) const override {
        check();
        Layers layers;
        for (size_t i = hidden.size() - 1; i-- > 0;)  // the encoder's sizes in reverse
            layers.push_back(dense({hidden[i], 1, 1}, hidden_activation()));
        layers.push_back(dense(image, output_activation()));
        return layers;
    }

    void check() const {
        if (hidden.empty())
            throw ModelError("fully_connected: hidden is empty; give the bottleneck's size");
    }
};

const graph::Kinds<Architecture>::Add<FullyConnected> fully_connected{
    "fully_connected", "dense layers down to a bottleneck, and back",
    autoencoder_params<FullyConnected>(
        {param("hidden", &FullyConnected::hidden, Range{1, 1 << 20},
               "values of each layer of the encoder; the last is the latent, and the decoder goes "
               "back the same way")})};

}  // namespace
}  // namespace models
