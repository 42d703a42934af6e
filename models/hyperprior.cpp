// A codec with a scale hyperprior (Ballé et al. 2018, "Variational Image Compression with a Scale
// Hyperprior"), shaped for CPUs: everything happens at a quarter of the size or less, and the
// synthesis is 3x3 convolutions and ReLU only, which integer arithmetic repeats exactly.
#include "models/footprint.hpp"
#include "models/hyperprior_model.hpp"
#include "models/layers.hpp"
#include "models/likelihood.hpp"
#include "models/pixel_shuffle.hpp"
#include "models/pixel_unshuffle.hpp"
#include "models/sequence.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace models {
namespace {

using graph::Choice;
using graph::Range;

constexpr int64_t reach = 64;  // pixels to a hyper-latent

struct Hyperprior : Architecture, HyperpriorOptions {
    int64_t width = 32;
    int64_t latent_channels = 48;
    std::string synthesis_activation = "relu";

    std::unique_ptr<Model> build(const Dims& image, uint64_t seed,
                                 const TrainingOptions& training) const override {
        check(image);
        Network analyse("analysis", image, analysis());
        Network synthesise("synthesis", analyse.dst_dims(), synthesis(image[0]));
        Network hyper_analyse("hyper_analysis", analyse.dst_dims(), hyper_analysis());
        Network hyper_synthesise("hyper_synthesis", hyper_analyse.dst_dims(), hyper_synthesis());
        Generator random(seed);
        analyse.initialise("glorot_uniform", random);
        synthesise.initialise(inverse() ? "glorot_uniform" : "he_uniform", random);
        hyper_analyse.initialise("he_uniform", random);
        hyper_synthesise.initialise("glorot_uniform", random);
        HyperpriorOptions options = *this;
        options.integer_synthesis = !inverse();
        return std::make_unique<HyperpriorModel>(
            options, training, seed,
            HyperpriorNetworks{analyse, hyper_analyse, table("gain", {qualities, latent_channels}),
                               synthesise, hyper_synthesise,
                               table("inverse_gain", {qualities, latent_channels}),
                               table("prior", {qualities, width, mixture_parameters})});
    }

    Dims latent_dims(const Dims& image) const override {
        check(image);
        return Sequence(analysis()).dst_dims(image);
    }

    Footprint footprint(const Dims& image) const override {
        const Dims latent = latent_dims(image);
        const Dims hyper = Sequence(hyper_analysis()).dst_dims(latent);
        Footprint all = models::footprint(analysis(), image);
        all += models::footprint(synthesis(image[0]), latent, image);
        all += models::footprint(hyper_analysis(), latent);
        all += models::footprint(hyper_synthesis(), hyper, latent);
        all.weights += qualities * (2 * latent_channels + width * mixture_parameters);
        return all;
    }

    /// 4x4 pixels become channels, where others have a strided convolution and a nonlinearity at
    /// half the size: those would cost more than all that follows.
    Layers analysis() const {
        return {pixel_unshuffle(),
                pixel_unshuffle(),
                convolution({width, 3}),
                gdn(),
                halving(2 * width, Activation::none),
                gdn(),
                halving(latent_channels, Activation::none)};
    }

    Layers synthesis(int64_t image_channels) const {
        Layers layers;
        double_size(layers, 2 * width, inverse() ? Activation::none : Activation::relu);
        if (inverse()) layers.push_back(gdn(true));
        layers.push_back(convolution({2 * width, 3, 1, Activation::relu}));
        double_size(layers, width, inverse() ? Activation::none : Activation::relu);
        if (inverse()) layers.push_back(gdn(true));
        layers.push_back(convolution({16 * image_channels, 3}));
        layers.push_back(pixel_shuffle(4));
        return layers;
    }

    Layers hyper_analysis() const {
        return {convolution({width, 3, 1, Activation::relu}), halving(width, Activation::relu),
                halving(width, Activation::none)};
    }

    Layers hyper_synthesis() const {
        Layers layers;
        double_size(layers, width, Activation::relu);
        double_size(layers, width, Activation::relu);
        layers.push_back(convolution({latent_channels, 3}));
        return layers;
    }

    bool inverse() const { return synthesis_activation == "inverse_gdn"; }

    static LayerPointer halving(int64_t channels, Activation activation) {
        return convolution({channels, 5, 2, activation});
    }
    static void double_size(Layers& layers, int64_t channels, Activation activation) {
        layers.push_back(convolution({4 * channels, 3, 1, activation}));
        layers.push_back(pixel_shuffle(2));
    }

    void check(const Dims& image) const {
        if (image[1] % reach || image[2] % reach)
            throw ModelError(fmt::format(
                "hyperprior: {}x{} images cannot be halved six times; crop or pad them to "
                "multiples of {}",
                image[2], image[1], reach));
        if (least_lambda > most_lambda)
            throw ModelError("hyperprior: least_lambda is above most_lambda");
    }
};

/// An option of Hyperprior, also where a base of it declares the member.
template <class T, class... Limits>
graph::Param option(const char* name, T Hyperprior::*member, Limits... limits) {
    return graph::param<Hyperprior, T>(name, member, limits...);
}

const Range size{1, 4096};
const Range lambdas{1e-6, 1e3};

const graph::Kinds<Architecture>::Add<Hyperprior> hyperprior{
    "hyperprior",
    "codec: latents and a hyperprior that says how likely they are, trained for rate and "
    "distortion",
    {option<int64_t>("width", &Hyperprior::width, size,
                     "channels at a quarter of the size; twice as many at an eighth"),
     option<int64_t>("latent_channels", &Hyperprior::latent_channels, size,
                     "channels of the latent, at a sixteenth"),
     option<std::string>("synthesis_activation", &Hyperprior::synthesis_activation,
                         Choice{{"relu", "inverse_gdn"}},
                         "relu can be repeated exactly by integer arithmetic"),
     option<int64_t>("qualities", &Hyperprior::qualities, Range{1, 64},
                     "rates that one set of weights serves, by gains on the latents; each image of "
                     "a batch draws one"),
     option<double>("least_lambda", &Hyperprior::least_lambda, lambdas,
                    "of quality 0: what a squared grey level of 255 is worth, in bits per pixel"),
     option<double>("most_lambda", &Hyperprior::most_lambda, lambdas,
                    "of the last quality; those between go up by equal factors"),
     option<std::string>("distortion", &Hyperprior::distortion, Choice{{"mse", "ms_ssim"}},
                         "the error that lambda weighs: mse, in squared grey levels of 255, or "
                         "ms_ssim, 1280 times 1 - MS-SSIM, which gives about the same rates but "
                         "learns little from the start: begin with a model trained with mse"),
     option<double>("quality", &Hyperprior::quality, Range{0, 63},
                    "that images are encoded with; a fraction stands between two"),
     option<bool>("straight_through", &Hyperprior::straight_through,
                  "the decoder is trained on rounded latents, with the gradient of the identity; "
                  "otherwise on latents with noise"),
     option<double>("prior_until", &Hyperprior::prior_until, Range{0, 1e9},
                    "epoch until which the hyperprior alone is trained: a few when training starts "
                    "from a frozen codec, which has none"),
     option<double>("rounded_from", &Hyperprior::rounded_from, Range{0, 1e9},
                    "epoch from which the synthesis alone is trained, on latents as they are "
                    "coded; 0: never")}};

}  // namespace
}  // namespace models
