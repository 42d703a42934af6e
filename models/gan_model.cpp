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
      weight_(options.balance ? 0 : static_cast<float>(options.adversarial_weight)) {}

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

    Terms terms = run(images, portions, playing);
    if (playing && weight_ == 0) {  // the first step needs a weight already
        weight_ = static_cast<float>(balanced(norms(terms, portions)));
        terms = run(images, portions, playing);
    }
    const double loss =
        options_.distortion_weight * terms.distortion + (playing ? weight_ * terms.adversarial : 0);
    if (playing) balance(norms(terms, portions));
    trainer_.finish();
    if (playing) {
        discriminator_trainer_.finish();
        for (Network* network : discriminator_.networks()) loss_->constrain(network->change());
    }
    return {{"loss", loss},
            {"distortion", terms.distortion},
            {"adversarial", terms.adversarial},
            {"discriminator", terms.discriminator},
            {"adversarial_share", share_}};
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
    sum.alone.resize(playing ? encoder_.values().size() : 0);
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
        terms.alone.resize(encoder_.values().size());
        generator.backward(diff_judged.data(), diff_latents.data(), {});
        encoder.backward(diff_latents.data(), nullptr, {.values = terms.alone.data()});
        for (size_t i = 0; i < diff_images.size(); ++i) diff_images[i] += weight_ * diff_judged[i];
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
    for (size_t i = 0; i < distortion.size(); ++i) distortion[i] -= weight_ * terms.alone[i];
    return {std::sqrt(squared_norm(distortion)), std::sqrt(squared_norm(terms.alone))};
}

double GanModel::balanced(const Norms& norms) const {
    if (!(norms.adversarial > 0)) return weight_;
    return options_.adversarial_weight / options_.distortion_weight * norms.distortion /
           norms.adversarial;
}

void GanModel::balance(const Norms& norms) {
    const double pull = weight_ * norms.adversarial;
    share_ = pull > 0 ? static_cast<float>(pull / (pull + norms.distortion)) : 0;
    // Halfway, in proportion, to what this batch says: one batch is a noisy measure.
    if (options_.balance) weight_ = static_cast<float>(std::sqrt(weight_ * balanced(norms)));
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
    balance.values = {weight_, share_};
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

}  // namespace models
