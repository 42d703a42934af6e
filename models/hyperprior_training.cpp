// How a HyperpriorModel is trained. The loss follows Ballé et al. 2018, "Variational Image
// Compression with a Scale Hyperprior"; rounding with the gradient of the identity for what the
// decoder sees, and noise for the rate, is Minnen and Singh 2020, "Channel-wise Autoregressive
// Entropy Models".
#include "models/hyperprior_model.hpp"
#include "models/latent_rounding.hpp"
#include "models/likelihood.hpp"
#include "models/squared_error.hpp"
#include "models/structural_loss.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

namespace models {
namespace {

constexpr double full_scale = 255;  // lambda counts squared grey levels of 8 bits, as is the custom
// What 1 - MS-SSIM counts: about the ratio of the lambdas at which CompressAI trains for either, so
// that the same lambdas give about the same rates.
constexpr double structural_scale = 1280;

/// The gradients of a portion, of a network that is a table.
std::span<float> cleared(const Trainer& trainer, const Portion& portion, const Network& table) {
    float* values = trainer.gradients(portion, table).values;
    std::fill_n(values, table.values().size(), 0.F);
    return {values, table.values().size()};
}

/// All of them are there.
void made(const Trainer& trainer, const Portion& portion, const Network& table) {
    const Gradients gradients = trainer.gradients(portion, table);
    if (gradients.made) (*gradients.made)(0);
}

}  // namespace

struct HyperpriorModel::Workspace {
    Workspace(const HyperpriorNetworks& networks, int64_t count)
        : images(count),
          plane(static_cast<size_t>(networks.analysis.dst_dims()[1] *
                                    networks.analysis.dst_dims()[2])),
          hyper_plane(static_cast<size_t>(networks.hyper_analysis.dst_dims()[1] *
                                          networks.hyper_analysis.dst_dims()[2])),
          analysis(networks.analysis, count, Mode::training),
          hyper_analysis(networks.hyper_analysis, count, Mode::training),
          synthesis(networks.synthesis, count, Mode::training),
          hyper_synthesis(networks.hyper_synthesis, count, Mode::training) {
        const auto size = [&](const Dims& dims) {
            return static_cast<size_t>(count * models::count(dims));
        };
        for (auto* values : {&pixels, &diff_pixels})
            values->resize(size(networks.analysis.src_dims()));
        for (auto* values : {&latents, &noisy, &sizes, &decoded, &diff_noisy, &diff_log_scales,
                             &diff_sizes, &diff_decoded})
            values->resize(size(networks.analysis.dst_dims()));
        for (auto* values : {&hyper_noisy, &hyper_decoded, &diff_hyper_noisy, &diff_hyper_decoded})
            values->resize(size(networks.hyper_analysis.dst_dims()));
    }

    int64_t images;
    size_t plane, hyper_plane;  // of latents and hyper-latents
    Pass analysis;
    Pass hyper_analysis;
    Pass synthesis;
    Pass hyper_synthesis;
    std::vector<float> pixels, diff_pixels;
    std::vector<float> latents;  // with gains, not yet rounded
    std::vector<float> noisy, sizes, decoded;
    std::vector<float> diff_noisy, diff_log_scales, diff_sizes, diff_decoded;
    std::vector<float> hyper_noisy, hyper_decoded, diff_hyper_noisy, diff_hyper_decoded;
    std::vector<float> diff_prior;
    std::span<const float> log_scales, made;
};

HyperpriorModel::HyperpriorModel(const HyperpriorOptions& options, const TrainingOptions& training,
                                 uint64_t seed, HyperpriorNetworks networks)
    : HyperpriorModel(options, training, seed,
                      std::make_shared<HyperpriorNetworks>(std::move(networks))) {}

HyperpriorModel::HyperpriorModel(const HyperpriorOptions& options, const TrainingOptions& training,
                                 uint64_t seed, std::shared_ptr<HyperpriorNetworks> networks)
    : options_(options),
      training_(training),
      seed_(seed),
      networks_(std::move(networks)),
      encoder_trainer_(training, "encoder_optimizer", {&networks_->analysis, &networks_->gain}),
      decoder_trainer_(training, "decoder_optimizer",
                       {&networks_->synthesis, &networks_->inverse_gain}),
      prior_trainer_(training, "prior_optimizer",
                     {&networks_->hyper_analysis, &networks_->hyper_synthesis, &networks_->prior}) {
}

HyperpriorModel::~HyperpriorModel() = default;

HyperpriorModel::Phase HyperpriorModel::phase(double progress) const {
    if (progress < options_.prior_until) return Phase::prior;
    const bool last = options_.rounded_from > 0 && progress >= options_.rounded_from;
    return last ? Phase::rounded : Phase::all;
}

std::vector<Trainer*> HyperpriorModel::trainers(Phase phase) {
    if (phase == Phase::prior) return {&prior_trainer_};
    if (phase == Phase::rounded) return {&decoder_trainer_};
    return {&prior_trainer_, &decoder_trainer_, &encoder_trainer_};  // as backward comes to them
}

Losses HyperpriorModel::train(const Tensor& images, double progress) {
    networks_->analysis.check(images);
    int64_t parameters = 0;
    for (const Network* network : all())
        parameters += static_cast<int64_t>(network->values().size());
    const auto portions = cut(images.dims[0], true, parameters, *training_.ranks);
    const Phase phase = this->phase(progress);
    const std::vector<Trainer*> trainers = this->trainers(phase);
    for (Trainer* trainer : trainers) trainer->begin(portions, progress);
    const Step step{&images, phase, decoder_trainer_.steps() + prior_trainer_.steps()};
    std::vector<Terms> parts(portions.size());
    for_each_portion(portions, true, [&](const Portion& portion) {
        const auto fits = [&](const Workspace& workspace) {
            return workspace.images == portion.images;
        };
        const auto make = [&] { return std::make_unique<Workspace>(*networks_, portion.images); };
        workspaces_.with(fits, make, [&](Workspace& workspace) {
            parts[static_cast<size_t>(portion.index)] = run(step, portion, workspace);
        });
    });
    for (Trainer* trainer : trainers) trainer->sum();
    for (Trainer* trainer : trainers) trainer->finish();
    Terms sum;
    for (const Terms& part : parts) {
        sum.loss += part.loss;
        sum.bits += part.bits;
        sum.hyper_bits += part.hyper_bits;
        sum.error += part.error;
    }
    std::array terms{sum.loss, sum.bits, sum.hyper_bits, sum.error};
    models::sum(*training_.ranks, terms);
    sum = {terms[0], terms[1], terms[2], terms[3]};
    const auto pixels = static_cast<double>(images.dims[0] * images.dims[2] * images.dims[3]);
    return {{"loss", sum.loss},
            {"bits_per_pixel", (sum.bits + sum.hyper_bits) / pixels},
            {"hyper_bits_per_pixel", sum.hyper_bits / pixels},
            {"distortion", sum.error / errors_in(images)}};
}

bool HyperpriorModel::structural() const { return options_.distortion == "ms_ssim"; }

double HyperpriorModel::errors_in(const Tensor& images) const {
    if (structural()) return static_cast<double>(images.dims[0] * images.dims[1]);
    return double{contrast} * contrast * static_cast<double>(images.values.size());
}

/// What a portion is trained at, and what its bits and errors count.
struct HyperpriorModel::Rate {
    int64_t quality;
    std::vector<float> gain, inverse;  // of each channel of the latents
    std::span<const float> prior;
    double per_bit, per_error;
};

HyperpriorModel::Rate HyperpriorModel::rate_of(const Step& step, int64_t quality) const {
    const auto at = static_cast<double>(quality);
    // Bits count less at high rates, where there are more of them: a tenth of the rate is worth as
    // much at any quality.
    const double lambda = options_.lambda(at);
    const double middle = options_.lambda(static_cast<double>(options_.qualities - 1) / 2);
    const double weight = std::sqrt(middle / lambda);
    const double worth = structural() ? weight * lambda * structural_scale
                                      : weight * lambda * full_scale * full_scale;
    const Dims& dims = step.images->dims;
    const auto pixels = static_cast<double>(dims[0] * dims[2] * dims[3]);
    return {quality,           gains(at),
            inverse_gains(at), row(networks_->prior, quality),
            weight / pixels,   worth / errors_in(*step.images)};
}

void HyperpriorModel::forward(const Step& step, const Portion& portion, const Rate& rate,
                              Generator& random, Workspace& w) const {
    const bool rounded = step.phase == Phase::rounded;
    const bool noisy = !rounded && !options_.straight_through;  // also what the decoder sees
    const auto with_noise = [&](float value) {
        return value + static_cast<float>(random.uniform() - 0.5);
    };
    const auto first = static_cast<size_t>(portion.first * count(networks_->analysis.src_dims()));
    std::transform(
        step.images->values.begin() + static_cast<std::ptrdiff_t>(first),
        step.images->values.begin() + static_cast<std::ptrdiff_t>(first + w.pixels.size()),
        w.pixels.begin(), [](float pixel) { return contrast * pixel; });
    const auto analysed = w.analysis.forward(w.pixels.data());
    for (size_t i = 0; i < analysed.size(); ++i) {
        const size_t c = i / w.plane % rate.gain.size();
        w.latents[i] = analysed[i] * rate.gain[c];
        w.sizes[i] = log_size(w.latents[i]);
        const auto whole = static_cast<float>(rounded_latent(w.latents[i]));
        w.noisy[i] = rounded ? whole : with_noise(w.latents[i]);
        w.decoded[i] = (noisy ? w.noisy[i] : whole) * rate.inverse[c];
    }
    const auto hyper_analysed = w.hyper_analysis.forward(w.sizes.data());
    for (size_t i = 0; i < hyper_analysed.size(); ++i) {
        const float whole = std::nearbyint(hyper_analysed[i]);
        w.hyper_noisy[i] = rounded ? whole : with_noise(hyper_analysed[i]);
        w.hyper_decoded[i] = noisy ? w.hyper_noisy[i] : whole;
    }
    w.log_scales = w.hyper_synthesis.forward(w.hyper_decoded.data());
    w.made = w.synthesis.forward(w.decoded.data());
}

double HyperpriorModel::error_of(const Rate& rate, Workspace& w) const {
    if (!structural()) return squared_error(w.made, w.pixels, rate.per_error, w.diff_pixels);
    std::vector<float> made(w.made.begin(), w.made.end()), wanted(w.pixels);
    for (auto* values : {&made, &wanted})
        for (float& value : *values) value /= contrast;
    const Dims& image = networks_->analysis.src_dims();
    return structural_error(made, wanted, image[1], image[2], rate.per_error / contrast,
                            w.diff_pixels);
}

HyperpriorModel::Terms HyperpriorModel::terms_of(const Rate& rate, Workspace& w) const {
    Terms terms;
    terms.bits = gaussian_bits(w.noisy, w.log_scales, w.diff_noisy, w.diff_log_scales);
    w.diff_prior.assign(rate.prior.size(), 0);
    for (size_t i = 0; i < w.hyper_noisy.size(); i += w.hyper_plane) {
        const size_t at = i / w.hyper_plane * mixture_parameters % rate.prior.size();
        terms.hyper_bits += mixture_bits(std::span(w.hyper_noisy).subspan(i, w.hyper_plane),
                                         rate.prior.subspan(at, mixture_parameters),
                                         std::span(w.diff_hyper_noisy).subspan(i, w.hyper_plane),
                                         std::span(w.diff_prior).subspan(at, mixture_parameters));
    }
    const auto per_bit = static_cast<float>(rate.per_bit);
    for (auto* diffs : {&w.diff_noisy, &w.diff_log_scales, &w.diff_hyper_noisy, &w.diff_prior})
        for (float& diff : *diffs) diff *= per_bit;
    terms.error = error_of(rate, w);
    terms.loss = rate.per_bit * (terms.bits + terms.hyper_bits) + rate.per_error * terms.error;
    return terms;
}

/// The row of a table's gradients that a portion has a part in; the others are 0.
std::span<float> HyperpriorModel::diff_row(const Trainer& trainer, const Portion& portion,
                                           const Network& table, int64_t quality) const {
    const auto all = cleared(trainer, portion, table);
    const size_t size = all.size() / static_cast<size_t>(options_.qualities);
    return all.subspan(static_cast<size_t>(quality) * size, size);
}

HyperpriorModel::Terms HyperpriorModel::run(const Step& step, const Portion& portion,
                                            Workspace& w) const {
    // Only of seed, step and place in the batch.
    Generator random(seed_);
    random = Generator(random.next() + static_cast<uint64_t>(step.number));
    random = Generator(random.next() + static_cast<uint64_t>(portion.first));
    const Rate rate = rate_of(
        step, static_cast<int64_t>(random.uniform() * static_cast<double>(options_.qualities)));
    forward(step, portion, rate, random, w);
    const Terms terms = terms_of(rate, w);
    if (!std::isfinite(terms.loss))
        throw DivergenceError(fmt::format(
            "the loss is {} at step {}; lower the rate or set clip_norm", terms.loss, step.number));

    if (step.phase != Phase::rounded) {
        std::ranges::copy(
            w.diff_prior,
            diff_row(prior_trainer_, portion, networks_->prior, rate.quality).begin());
        made(prior_trainer_, portion, networks_->prior);
        w.hyper_synthesis.backward(w.diff_log_scales.data(), w.diff_hyper_decoded.data(),
                                   prior_trainer_.gradients(portion, networks_->hyper_synthesis));
        for (size_t i = 0; i < w.hyper_noisy.size(); ++i)
            w.diff_hyper_decoded[i] += w.diff_hyper_noisy[i];
        w.hyper_analysis.backward(w.diff_hyper_decoded.data(), w.diff_sizes.data(),
                                  prior_trainer_.gradients(portion, networks_->hyper_analysis));
    }
    if (step.phase == Phase::prior) return terms;

    w.synthesis.backward(w.diff_pixels.data(), w.diff_decoded.data(),
                         decoder_trainer_.gradients(portion, networks_->synthesis));
    const size_t channels = rate.gain.size();
    const auto diff_inverse =
        diff_row(decoder_trainer_, portion, networks_->inverse_gain, rate.quality);
    for (size_t i = 0; i < w.decoded.size(); ++i)
        diff_inverse[i / w.plane % channels] += w.diff_decoded[i] * w.decoded[i];
    made(decoder_trainer_, portion, networks_->inverse_gain);
    if (step.phase == Phase::rounded) return terms;

    const auto diff_gain = diff_row(encoder_trainer_, portion, networks_->gain, rate.quality);
    for (size_t i = 0; i < w.latents.size(); ++i) {
        const size_t c = i / w.plane % channels;
        const float size = w.latents[i] < 0 ? w.latents[i] - least_size : w.latents[i] + least_size;
        const float diff =
            w.diff_decoded[i] * rate.inverse[c] + w.diff_noisy[i] + w.diff_sizes[i] / size;
        diff_gain[c] += diff * w.latents[i];
        w.diff_decoded[i] = diff * rate.gain[c];
    }
    made(encoder_trainer_, portion, networks_->gain);
    w.analysis.backward(w.diff_decoded.data(), nullptr,
                        encoder_trainer_.gradients(portion, networks_->analysis));
    return terms;
}

}  // namespace models
