// The compression GAN (after Agustsson et al. 2019, "Generative Adversarial Networks for Extreme
// Learned Image Compression"): an encoder that halves the image three times, a quantiser with a few
// centres, and a generator with residual blocks.
#include "models/footprint.hpp"
#include "models/gan_model.hpp"
#include "models/initialisation.hpp"
#include "models/layers.hpp"
#include "models/pixel_unshuffle.hpp"
#include "models/quantiser.hpp"
#include "models/sequence.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace models {
namespace {

using graph::Choice;
using graph::Range;

struct Gan : Architecture, GanOptions {
    int64_t width = 16;
    int64_t latent_channels = 12;
    int64_t residual_blocks = 2;
    double temperature = 1;
    std::string output = "linear";
    std::string initialisation = "glorot_uniform";
    int64_t discriminator_width = 16;

    std::unique_ptr<Model> build(const Dims& image, uint64_t seed,
                                 const TrainingOptions& training) const override {
        check(image);
        Network encode("encoder", image, encoder());
        Network generate("generator", encode.dst_dims(), generator(image));
        Discriminator discriminate(image, discriminator_width);
        Generator random(seed);
        encode.initialise("he_uniform", random);
        generate.initialise(initialisation, random);
        discriminate.initialise("he_uniform", random);
        return std::make_unique<GanModel>(*this, training, encode, generate, discriminate);
    }

    Dims latent_dims(const Dims& image) const override {
        check(image);
        return Sequence(encoder()).dst_dims(image);
    }

    Footprint footprint(const Dims& image) const override {
        Footprint all = models::footprint(encoder(), image);
        all += models::footprint(generator(image), latent_dims(image), image);
        return all += Discriminator::footprint(image, discriminator_width);
    }

    bool generative() const override { return true; }

    Layers encoder() const {
        const auto halving = [](int64_t channels) {
            return convolution({channels, 4, 2, Activation::leaky_relu});
        };
        return {pixel_unshuffle(),
                pixel_unshuffle(),
                convolution({2 * width, 3, 1, Activation::leaky_relu}),
                halving(4 * width),
                convolution({latent_channels, 3}),
                quantiser({centres, static_cast<float>(temperature), train_centres})};
    }

    /// Bilinear upsampling, as copies and a blur: a transposed convolution draws a checkerboard,
    /// and copies alone leave lines.
    Layers generator(const Dims& image) const {
        constexpr auto leaky = Activation::leaky_relu;
        Layers layers{convolution({4 * width, 3, 1, leaky})};
        for (int64_t block = 0; block < residual_blocks; ++block)
            layers.push_back(
                residual({convolution({4 * width, 3, 1, leaky}), convolution({4 * width, 3})}));
        for (const int64_t channels : {2 * width, width, (width + 1) / 2}) {
            layers.push_back(upsample_convolution({channels}));
            layers.push_back(blur());
            layers.push_back(activation(leaky));
        }
        layers.push_back(convolution({image[0], 3, 1, output_activation()}));
        return layers;
    }

    Activation output_activation() const {
        return output == "sigmoid" ? Activation::sigmoid
               : output == "tanh"  ? Activation::tanh
                                   : Activation::none;
    }

    static void check(const Dims& image) {
        constexpr int64_t part = 16;  // three halvings, the discriminator's at half the size
        if (std::min(image[1], image[2]) < 2 * part || image[1] % 8 || image[2] % 8)
            throw ModelError(
                fmt::format("gan: {}x{} images cannot be halved three times; resize "
                            "them to multiples of 8, of 32 or more",
                            image[2], image[1]));
    }
};

/// An option of Gan, also where a base of it declares the member.
template <class T, class... Limits>
graph::Param option(const char* name, T Gan::*member, Limits... limits) {
    return graph::param<Gan, T>(name, member, limits...);
}

const Range size{1, 4096};

const graph::Kinds<Architecture>::Add<Gan> gan{
    "gan",
    "compression GAN: a quantised bottleneck, a distortion and a discriminator of patches",
    {option<int64_t>("width", &Gan::width, size,
                     "channels of the first convolution; the paper has 60"),
     option<int64_t>("latent_channels", &Gan::latent_channels, size,
                     "channels of the latent: 12 of 5 centres are 0.44 bits per pixel"),
     option<int64_t>("residual_blocks", &Gan::residual_blocks, Range{0, 64},
                     "blocks of the generator, at an eighth of the size"),
     option<int64_t>("centres", &Gan::centres, Range{2, 256},
                     "levels that a latent value can take, one apart, about zero"),
     option<bool>("train_centres", &Gan::train_centres, "whether the centres move"),
     option<double>("temperature", &Gan::temperature, Range{1e-3, 1e3},
                    "of the quantiser's gradient: higher is nearer to hard steps"),
     option<std::string>("output", &Gan::output, Choice{{"linear", "sigmoid", "tanh"}},
                         "after the last convolution"),
     option<std::string>("initialisation", &Gan::initialisation, initialisations(),
                         "of the generator; encoder and discriminator start with he_uniform"),
     option<double>("distortion_weight", &Gan::distortion_weight, Range{1e-6, 1e6},
                    "of the mean squared error in the loss"),
     graph::kind<Gan, AdversarialLoss>("adversarial", &Gan::adversarial,
                                       "what discriminator and generator play for"),
     option<double>("adversarial_weight", &Gan::adversarial_weight, Range{0, 1e6},
                    "of the adversarial term in the loss; see balance"),
     option<bool>(
         "balance", &Gan::balance,
         "keep the norms of the encoder's two gradients as adversarial_weight to "
         "distortion_weight (as VQGAN does): 0.15 is a share of an eighth. Without, the weights "
         "are factors as they are, and some 0.002 does as much"),
     option<double>("pretrain_epochs", &Gan::pretrain_epochs, Range{0, 1e6},
                    "epochs of distortion alone, before the game begins"),
     option<int64_t>("discriminator_width", &Gan::discriminator_width, size,
                     "channels of the discriminator's first convolution"),
     graph::kind<Gan, Optimizer>("discriminator_optimizer", &Gan::discriminator_optimizer,
                                 "of the discriminator, which has its own")}};

}  // namespace
}  // namespace models
