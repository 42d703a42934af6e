// The compression GAN (after Agustsson et al. 2019, "Generative Adversarial Networks for Extreme
// Learned Image Compression"): an encoder, a quantiser with a few centres, and a generator that is
// pulled both by the distortion and by a discriminator of patches.
#include "models/discriminator.hpp"
#include "models/model.hpp"
#include "models/pool.hpp"
#include "models/quantiser.hpp"
#include "models/squared_error.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

namespace models {
namespace {

using graph::param;
using graph::Range;

constexpr int64_t measure_every = 10;  // steps between two looks at the encoder's gradients

struct GanOptions {
    int64_t width = 16;
    int64_t latent_channels = 12;
    int64_t residual_blocks = 2;
    int64_t centres = 5;
    double temperature = 1;
    bool train_centres = false;
    std::string output = "linear";
    std::string initialisation = "glorot_uniform";
    double distortion_weight = 1;
    graph::Selected<AdversarialLoss> adversarial{"least_squares"};
    double adversarial_weight = 0.25;
    bool balance = true;
    double pretrain_epochs = 0;
    int64_t discriminator_width = 16;
    graph::Selected<Optimizer> discriminator_optimizer{"adam"};
};

class GanModel : public Model {
  public:
    GanModel(const GanOptions& options, const TrainingOptions& training, const Network& encoder,
             const Network& generator, const Discriminator& discriminator);
    ~GanModel() override;

    Latents encode(const Tensor& images) const override;
    Tensor decode(const Latents& latents) const override;
    Losses train(const Tensor& images, double progress) override;
    std::vector<NamedTensor> weights() const override;
    std::vector<NamedTensor> state() const override;
    void restore(const std::vector<NamedTensor>& tensors) override;
    std::unique_ptr<const Model> snapshot() const override;

  private:
    struct Workspace;  // of a training step on one portion
    struct Terms {     // of the loss; `alone`: the encoder's gradient from the adversarial term
        double distortion = 0;
        double adversarial = 0;
        double discriminator = 0;
        std::vector<float> alone;
    };
    struct Norms {  // of the encoder's gradient from each term, adversarial with weight 1
        double distortion = 0;
        double adversarial = 0;
    };

    Terms run(const Tensor& images, const std::vector<Portion>& portions, bool playing,
              bool measured);
    Terms run(const Tensor& images, const Portion& portion, Workspace& workspace, bool playing,
              bool measured) const;
    Norms norms(const Terms& terms, const std::vector<Portion>& portions) const;
    double balanced(const Norms& norms) const;
    void balance(const Norms& norms);
    void check(const Terms& terms) const;

    GanOptions options_;
    TrainingOptions training_;
    Network encoder_;
    Network generator_;
    Discriminator discriminator_;
    Trainer trainer_;
    Trainer discriminator_trainer_;
    double weight_;  // of the adversarial term; 0: not measured yet
    double share_ = 0;
    Pool<Workspace> workspaces_;
};

struct GanModel::Workspace {
    Workspace(const GanModel& model, int64_t images)
        : encoder(model.encoder_, images, Mode::training),
          generator(model.generator_, images, Mode::training),
          judge(model.discriminator_, images),
          diff_images(static_cast<size_t>(images * count(model.encoder_.src_dims()))),
          diff_judged(diff_images.size()),
          diff_latents(static_cast<size_t>(images * count(model.encoder_.dst_dims()))) {}

    Pass encoder;
    Pass generator;
    Judge judge;
    std::vector<float> diff_images;
    std::vector<float> diff_judged;  // from the adversarial term
    std::vector<float> diff_latents;
};

TrainingOptions with(TrainingOptions training, const graph::Selected<Optimizer>& optimizer) {
    training.optimizer = optimizer;
    return training;
}

GanModel::GanModel(const GanOptions& options, const TrainingOptions& training,
                   const Network& encoder, const Network& generator,
                   const Discriminator& discriminator)
    : options_(options),
      training_(training),
      encoder_(encoder),
      generator_(generator),
      discriminator_(discriminator),
      trainer_(training, "optimizer", {&encoder_, &generator_}),
      discriminator_trainer_(with(training, options.discriminator_optimizer),
                             "discriminator_optimizer", discriminator_.networks()),
      weight_(options.balance ? 0 : options.adversarial_weight) {}

GanModel::~GanModel() = default;

Latents GanModel::encode(const Tensor& images) const {
    const auto shifts = options_.train_centres
                            ? encoder_.values().last(static_cast<size_t>(options_.centres))
                            : std::span<const float>();
    return {encoder_.run(images), present_centres(options_.centres, shifts)};
}

Tensor GanModel::decode(const Latents& latents) const { return generator_.run(latents.values); }

Losses GanModel::train(const Tensor& images, double progress) {
    encoder_.check(images);
    const bool playing = progress >= options_.pretrain_epochs;
    const auto parameters = static_cast<int64_t>(encoder_.values().size()) +
                            static_cast<int64_t>(generator_.values().size()) +
                            2 * discriminator_.parameters();
    const auto portions = cut(images.dims[0], true, parameters);
    trainer_.begin(portions, progress);
    if (playing) discriminator_trainer_.begin(real_and_made(portions), progress);

    const bool first = playing && weight_ == 0;
    const bool measured = first || (playing && trainer_.steps() % measure_every == 1);
    Terms terms = run(images, portions, playing, measured);
    if (first) {  // this step needs a weight already
        weight_ = balanced(norms(terms, portions));
        terms = run(images, portions, playing, measured);
    }
    const double loss =
        options_.distortion_weight * terms.distortion + (playing ? weight_ * terms.adversarial : 0);
    if (measured) balance(norms(terms, portions));
    trainer_.finish();
    if (playing) {
        discriminator_trainer_.finish();
        for (Network* network : discriminator_.networks())
            options_.adversarial->constrain(network->change());
    }
    return {{"loss", loss},
            {"distortion", terms.distortion},
            {"adversarial", terms.adversarial},
            {"discriminator", terms.discriminator},
            {"adversarial_share", share_}};
}

GanModel::Terms GanModel::run(const Tensor& images, const std::vector<Portion>& portions,
                              bool playing, bool measured) {
    std::vector<Terms> parts(portions.size());
    for_each_portion(portions, true, [&](const Portion& portion) {
        const auto fits = [&](const Workspace& workspace) {
            return workspace.encoder.images() == portion.images;
        };
        const auto make = [&] { return std::make_unique<Workspace>(*this, portion.images); };
        workspaces_.with(fits, make, [&](Workspace& workspace) {
            parts[static_cast<size_t>(portion.index)] =
                run(images, portion, workspace, playing, measured);
        });
    });
    Terms sum;
    sum.alone.resize(measured ? encoder_.values().size() : 0);
    for (const Terms& part : parts) {
        sum.distortion += part.distortion;
        sum.adversarial += part.adversarial;
        sum.discriminator += part.discriminator;
        for (size_t i = 0; i < sum.alone.size(); ++i) sum.alone[i] += part.alone[i];
    }
    check(sum);
    return sum;
}

GanModel::Terms GanModel::run(const Tensor& images, const Portion& portion, Workspace& workspace,
                              bool playing, bool measured) const {
    auto& [encoder, generator, judge, diff_images, diff_judged, diff_latents] = workspace;
    const auto size = static_cast<size_t>(count(encoder_.src_dims()));
    const auto real = std::span(images.values)
                          .subspan(static_cast<size_t>(portion.first) * size, diff_images.size());
    const double per_value = 1 / static_cast<double>(images.values.size());
    const auto made = generator.forward(encoder.forward(real.data()).data());
    Terms terms;
    terms.distortion =
        per_value * squared_error(made, real, options_.distortion_weight * per_value, diff_images);
    if (playing) {
        const auto verdict = judge.judge(real, made, *options_.adversarial, discriminator_trainer_,
                                         portion, images.dims[0], diff_judged);
        terms.adversarial = verdict.generator;
        terms.discriminator = verdict.discriminator;
        if (measured) {
            terms.alone.resize(encoder_.values().size());
            generator.backward(diff_judged.data(), diff_latents.data(), {});
            encoder.backward(diff_latents.data(), nullptr, {.values = terms.alone.data()});
        }
        const auto weight = static_cast<float>(weight_);
        for (size_t i = 0; i < diff_images.size(); ++i) diff_images[i] += weight * diff_judged[i];
    }
    generator.backward(diff_images.data(), diff_latents.data(),
                       trainer_.gradients(portion, generator_));
    encoder.backward(diff_latents.data(), nullptr, trainer_.gradients(portion, encoder_));
    return terms;
}

GanModel::Norms GanModel::norms(const Terms& terms, const std::vector<Portion>& portions) const {
    std::vector<float> distortion(terms.alone.size());
    for (const Portion& portion : portions) {
        const float* gradient = trainer_.gradients(portion, encoder_).values;
        for (size_t i = 0; i < distortion.size(); ++i) distortion[i] += gradient[i];
    }
    const auto weight = static_cast<float>(weight_);
    for (size_t i = 0; i < distortion.size(); ++i) distortion[i] -= weight * terms.alone[i];
    return {std::sqrt(squared_norm(distortion)), std::sqrt(squared_norm(terms.alone))};
}

double GanModel::balanced(const Norms& norms) const {
    if (!(norms.adversarial > 0)) return weight_;
    return options_.adversarial_weight / options_.distortion_weight * norms.distortion /
           norms.adversarial;
}

void GanModel::balance(const Norms& norms) {
    const double pull = weight_ * norms.adversarial;
    share_ = pull > 0 ? pull / (pull + norms.distortion) : 0;
    // Halfway, in proportion, to what this batch says: one batch is a noisy measure.
    if (options_.balance) weight_ = std::sqrt(weight_ * balanced(norms));
}

void GanModel::check(const Terms& terms) const {
    for (const auto& [name, value] : {std::pair{"distortion", terms.distortion},
                                      {"adversarial", terms.adversarial},
                                      {"discriminator", terms.discriminator}})
        if (!std::isfinite(value))
            throw DivergenceError(
                fmt::format("the {} loss is {} at step {}; lower the rates or set clip_norm", name,
                            value, trainer_.steps()));
}

std::vector<NamedTensor> GanModel::weights() const {
    std::vector<NamedTensor> list = encoder_.tensors();
    std::ranges::move(generator_.tensors(), std::back_inserter(list));
    return list;
}

std::vector<NamedTensor> GanModel::state() const {
    std::vector<NamedTensor> list = weights();
    for (auto&& part : {trainer_.state(), discriminator_.tensors(), discriminator_trainer_.state()})
        std::ranges::copy(part, std::back_inserter(list));
    Tensor balance({2});
    balance.values = {static_cast<float>(weight_), static_cast<float>(share_)};
    list.push_back({"adversarial.balance", std::move(balance)});
    return list;
}

void GanModel::restore(const std::vector<NamedTensor>& tensors) {
    encoder_.restore(tensors);
    generator_.restore(tensors);
    if (!trainer_.owns_some_of(tensors)) return;
    trainer_.restore(tensors);
    discriminator_.restore(tensors);
    discriminator_trainer_.restore(tensors);
    const Tensor& balance = find_tensor(tensors, "adversarial.balance", {2});
    weight_ = balance.values[0];
    share_ = balance.values[1];
}

std::unique_ptr<const Model> GanModel::snapshot() const {
    return std::make_unique<GanModel>(options_, training_, encoder_, generator_, discriminator_);
}

struct Gan : Architecture, GanOptions {
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

    Layers encoder() const {
        const auto halving = [](int64_t channels) {
            return convolution({channels, 4, 2, Activation::leaky_relu});
        };
        return {halving(width), halving(2 * width), halving(4 * width),
                convolution({latent_channels, 3}),
                quantiser({centres, static_cast<float>(temperature), train_centres})};
    }

    /// Upsampling by copies, then convolution: a transposed one draws a checkerboard.
    Layers generator(const Dims& image) const {
        constexpr auto leaky = Activation::leaky_relu;
        Layers layers{convolution({4 * width, 3, 1, leaky})};
        for (int64_t block = 0; block < residual_blocks; ++block)
            layers.push_back(
                residual({convolution({4 * width, 3, 1, leaky}), convolution({4 * width, 3})}));
        for (const int64_t channels : {2 * width, width, (width + 1) / 2})
            layers.push_back(upsample_convolution({channels, 3, 1, leaky}));
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

const graph::Kinds<Architecture>::Add<Gan> gan{"gan", "doc", {}};

}  // namespace
}  // namespace models
