// See gan_model.hpp.
#include "models/gan_model.hpp"

#include "models/quantiser.hpp"
#include "models/squared_error.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

namespace models {
namespace {

TrainingOptions with(TrainingOptions training, const graph::Selected<Optimizer>& optimizer) {
    training.optimizer = optimizer;
    return training;
}

void add(std::span<const float> values, std::vector<float>& sum) {
    sum.resize(values.size());
    for (size_t i = 0; i < values.size(); ++i) sum[i] += values[i];
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
                             "discriminator_optimizer", discriminator_.networks()) {}

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

    const Terms terms = run(images, portions, playing);
    const Pull pull = playing ? add_adversarial(terms, portions) : Pull{};
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
    Terms sum;
    for (Terms& part : parts) {
        sum.distortion += part.distortion;
        sum.adversarial += part.adversarial;
        sum.discriminator += part.discriminator;
        add(part.on_encoder, sum.on_encoder);
        add(part.on_generator, sum.on_generator);
    }
    check(sum);
    return sum;
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
        terms.on_encoder.resize(encoder_.values().size());
        terms.on_generator.resize(generator_.values().size());
        generator.backward(diff_judged.data(), diff_latents.data(), {terms.on_generator.data()});
        encoder.backward(diff_latents.data(), nullptr, {terms.on_encoder.data()});
    }
    generator.backward(diff_images.data(), diff_latents.data(),
                       trainer_.gradients(portion, generator_));
    encoder.backward(diff_latents.data(), nullptr, trainer_.gradients(portion, encoder_));
    return terms;
}

GanModel::Pull GanModel::add_adversarial(const Terms& terms,
                                         const std::vector<Portion>& portions) const {
    std::vector<float> on_encoder;
    for (const Portion& portion : portions)
        add({trainer_.gradients(portion, encoder_).values, terms.on_encoder.size()}, on_encoder);
    const double distortion = std::sqrt(squared_norm(on_encoder));
    const double adversarial = std::sqrt(squared_norm(terms.on_encoder));
    double weight = options_.adversarial_weight;
    if (options_.balance && adversarial > 0)
        weight *= distortion / (options_.distortion_weight * adversarial);
    for (const auto& [network, gradient] :
         {std::pair{&encoder_, &terms.on_encoder}, {&generator_, &terms.on_generator}}) {
        float* sum = trainer_.gradients(portions[0], *network).values;
        for (size_t i = 0; i < gradient->size(); ++i)
            sum[i] += static_cast<float>(weight) * (*gradient)[i];
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
