// The convolutional autoencoder: convolutions that halve the image at each step down to the
// bottleneck, and convolutions that double it at each step back.
#include "models/autoencoder_architecture.hpp"

#include <fmt/format.h>

namespace models {
namespace {

using graph::param;
using graph::Range;

struct Convolutional : AutoencoderArchitecture {
    std::vector<int64_t> encoder_channels = {16, 8, 8};
    std::vector<int64_t> decoder_channels = {8, 8, 16};
    int64_t kernel = 3;

    Layers encoder(const Dims& image) const override {
        check(image);
        Layers layers;
        for (const int64_t channels : encoder_channels)
            layers.push_back(convolution_pool({channels, kernel, 1, hidden_activation()}));
        return layers;
    }

    Layers decoder(const Dims& image) const override {
        check(image);
        Layers layers{convolution({decoder_channels[0], kernel, 1, hidden_activation()})};
        for (size_t i = 1; i < decoder_channels.size(); ++i)
            layers.push_back(
                upsample_convolution({decoder_channels[i], kernel, 1, hidden_activation()}));
        layers.push_back(upsample_convolution({image[0], kernel, 1, output_activation()}));
        return layers;
    }

    void check(const Dims& image) const {
        const size_t steps = encoder_channels.size();
        if (steps == 0 || steps > 16 || decoder_channels.size() != steps)
            throw ModelError(fmt::format(
                "convolutional: encoder lists {} steps and decoder {}; give both 1 to 16 alike",
                steps, decoder_channels.size()));
        if (kernel % 2 == 0)
            throw ModelError(fmt::format("convolutional: kernel {} is even; use {} or {}", kernel,
                                         kernel - 1, kernel + 1));
        const int64_t part = int64_t{1} << steps;
        if (image[1] % part == 0 && image[2] % part == 0) return;
        const auto fit = [&](int64_t side) { return std::max(part, side / part * part); };
        throw ModelError(fmt::format(
            "convolutional: {}x{} images cannot be halved {} times; resize them to multiples of "
            "{}, such as {}x{}",
            image[2], image[1], steps, part, fit(image[2]), fit(image[1])));
    }
};

const graph::Kinds<Architecture>::Add<Convolutional> convolutional{
    "convolutional", "convolutions and pooling down to a small bottleneck, and back",
    autoencoder_params<Convolutional>(
        {param("encoder", &Convolutional::encoder_channels, Range{1, 4096},
               "channels of each convolution; each halves the image; the last is the latent"),
         param("decoder", &Convolutional::decoder_channels, Range{1, 4096},
               "channels of each convolution; the image doubles after each"),
         param("kernel", &Convolutional::kernel, Range{1, 15}, "side of each convolution, odd")})};

}  // namespace
}  // namespace models
