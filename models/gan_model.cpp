// See gan_model.hpp.
#include "models/gan_model.hpp"

#include "models/quantiser.hpp"
#include "models/squared_error.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

namespace models {
namespace {

TrainingOptions with(TrainingOptions training, const graph::Selected<Optimizer>& optimizer) {
    training.optimizer = optimizer;
    return training;
}

}  // namespace

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

GanModel::GanModel(const GanOptions& options, const TrainingOptions& training,
                   const Network& encoder, const Network& generator,
                   const Discriminator& discriminator)
    : options_(options),
      training_(training),
      loss_(options.adversarial.object()),
      encoder_(encoder),
      generator_(generator),
      discriminator_(discriminator),
      trainer_(training, "optimizer", {&encoder_, &generator_}),
      discriminator_trainer_(with(training, options.discriminator_optimizer),
                             "discriminator_optimizer", discriminator_.networks()),
      on_encoder_(encoder_, training.ranks),
      on_generator_(generator_, training.ranks) {}

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
    const auto portions = cut(images.dims[0], true, parameters, *training_.ranks);
    if (playing) {  // in the order in which backward comes to them
        discriminator_trainer_.begin(real_and_made(portions), progress);
        on_generator_.begin(portions.size());
        on_encoder_.begin(portions.size());
    }
    trainer_.begin(portions, progress);

    const Terms terms = run(images, portions, playing);
    if (playing) discriminator_trainer_.sum();
    trainer_.sum();
    const Pull pull = playing ? add_adversarial() : Pull{};
    trainer_.finish();
    if (playing) {
        discriminator_trainer_.finish();
        for (Network* network : discriminator_.networks()) loss_->constrain(network->change());
    }
    return {
        {"loss", options_.distortion_weight * terms.distortion + pull.weight * terms.adversarial},
        {"distortion", terms.distortion},
        {"adversarial", terms.adversarial},
        {"discriminator", terms.discriminator},
        {"adversarial_share", pull.share}};
}

GanModel::Terms GanModel::run(const Tensor& images, const std::vector<Portion>& portions,
                              bool playing) {
    std::vector<Terms> parts(portions.size());
    for_each_portion(portions, true, [&](const Portion& portion) {
        const auto fits = [&](const Workspace& workspace) {
            return workspace.encoder.images() == portion.images;
        };
        const auto make = [&] { return std::make_unique<Workspace>(*this, portion.images); };
        workspaces_.with(fits, make, [&](Workspace& workspace) {
            parts[static_cast<size_t>(portion.index)] = run(images, portion, workspace, playing);
        });
    });
    std::array<double, 3> sums{};
    for (const Terms& part : parts) {
        sums[0] += part.distortion;
        sums[1] += part.adversarial;
        sums[2] += part.discriminator;
    }
    sum(*training_.ranks, sums);
    const Terms terms{sums[0], sums[1], sums[2]};
    check(terms);
    return terms;
}

GanModel::Terms GanModel::run(const Tensor& images, const Portion& portion, Workspace& workspace,
                              bool playing) const {
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
        const auto verdict = judge.judge(real, made, *loss_, discriminator_trainer_, portion,
                                         images.dims[0], diff_judged);
        terms.adversarial = verdict.generator;
        terms.discriminator = verdict.discriminator;
        generator.backward(diff_judged.data(), diff_latents.data(), on_generator_.of(portion));
        encoder.backward(diff_latents.data(), nullptr, on_encoder_.of(portion));
    }
    generator.backward(diff_images.data(), diff_latents.data(),
                       trainer_.gradients(portion, generator_));
    encoder.backward(diff_latents.data(), nullptr, trainer_.gradients(portion, encoder_));
    return terms;
}

GanModel::Pull GanModel::add_adversarial() {
    const auto on_generator = on_generator_.total(), on_encoder = on_encoder_.total();
    const double distortion = std::sqrt(squared_norm(trainer_.total(encoder_)));
    const double adversarial = std::sqrt(squared_norm(on_encoder));
    double weight = options_.adversarial_weight;
    if (options_.balance && adversarial > 0)
        weight *= distortion / (options_.distortion_weight * adversarial);
    for (const auto& [network, gradient] :
         {std::pair{&encoder_, on_encoder}, {&generator_, on_generator}}) {
        const auto total = trainer_.total(*network);
        for (size_t i = 0; i < gradient.size(); ++i)
            total[i] += static_cast<float>(weight) * gradient[i];
    }
    const double pull = weight * adversarial;
    return {weight, pull > 0 ? pull / (pull + distortion) : 0};
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
    return list;
}

void GanModel::restore(const std::vector<NamedTensor>& tensors) {
    encoder_.restore(tensors);
    generator_.restore(tensors);
    if (!trainer_.owns_some_of(tensors)) return;
    trainer_.restore(tensors);
    discriminator_.restore(tensors);
    discriminator_trainer_.restore(tensors);
}

std::unique_ptr<const Model> GanModel::snapshot() const {
    return std::make_unique<GanModel>(options_, training_, encoder_, generator_, discriminator_);
}

}  // namespace models
