// See hyperprior_model.hpp. The loss follows Ballé et al. 2018, "Variational Image Compression with
// a Scale Hyperprior"; rounding with the gradient of the identity for what the decoder sees, and
// noise for the rate, is Minnen and Singh 2020, "Channel-wise Autoregressive Entropy Models"; gains
// are Cui et al. 2021, "Asymmetric Gained Deep Image Compression With Continuous Rate Adaptation".
#include "models/hyperprior_model.hpp"

#include "models/likelihood.hpp"
#include "models/squared_error.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

namespace models {
namespace {

constexpr double full_scale = 255;  // lambda counts squared grey levels of 8 bits, as is the custom
constexpr float least_size = 0.1F;  // below it the hyperprior does not see differences

class Table : public Layer {
  public:
    explicit Table(Dims dims) : dims_(std::move(dims)) {}
    Dims dst_dims(const Dims& src) const override { return src; }
    std::vector<Parameter> parameters(const Dims&) const override {
        return {{"values", dims_, Parameter::Role::bias}};
    }
    std::unique_ptr<BoundLayer> bind(const Layout&, Mode) const override {
        throw ModelError("a table has no arithmetic");
    }

  private:
    Dims dims_;
};

float log_size(float latent) { return std::log(std::abs(latent) + least_size); }

Tensor scaled(const Tensor& tensor, float factor) {
    Tensor result = tensor;
    for (float& value : result.values) value *= factor;
    return result;
}

/// Each channel times its factor, in all images.
void multiply(Tensor& tensor, std::span<const float> factors) {
    const int64_t plane = tensor.dims[2] * tensor.dims[3];
    float* values = tensor.values.data();
    for (int64_t n = 0; n < tensor.dims[0]; ++n)
        for (const float factor : factors)
            for (const float* end = values + plane; values < end; ++values) *values *= factor;
}

/// The gradients of a portion, of a network that is a table.
std::span<float> cleared(const Trainer& trainer, const Portion& portion, const Network& table) {
    float* values = trainer.gradients(portion, table).values;
    std::fill_n(values, table.values().size(), 0.F);
    return {values, table.values().size()};
}

std::span<const float> row(const Network& table, int64_t index) {
    const auto size =
        static_cast<size_t>(count(table.parameters()[0].dims) / table.parameters()[0].dims[0]);
    return table.values().subspan(static_cast<size_t>(index) * size, size);
}

}  // namespace

Network table(const std::string& name, const Dims& dims) {
    return {name, {1, 1, 1}, {std::make_shared<Table>(dims)}};
}

double HyperpriorOptions::lambda(double quality) const {
    const double along = qualities > 1 ? quality / static_cast<double>(qualities - 1) : 0;
    return least_lambda * std::pow(most_lambda / least_lambda, along);
}

struct HyperpriorModel::Workspace {
    Workspace(const HyperpriorNetworks& networks, int64_t count)
        : images(count),
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
    Pass analysis;
    Pass hyper_analysis;
    Pass synthesis;
    Pass hyper_synthesis;
    std::vector<float> pixels, diff_pixels;
    std::vector<float> latents;  // with gains, not yet rounded
    std::vector<float> noisy, sizes, decoded;
    std::vector<float> diff_noisy, diff_log_scales, diff_sizes, diff_decoded;
    std::vector<float> hyper_noisy, hyper_decoded, diff_hyper_noisy, diff_hyper_decoded;
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
      encoder_trainer_(training, "encoder_optimizer",
                       {&networks_->analysis, &networks_->hyper_analysis, &networks_->gain}),
      decoder_trainer_(training, "decoder_optimizer",
                       {&networks_->synthesis, &networks_->hyper_synthesis,
                        &networks_->inverse_gain, &networks_->prior}) {}

HyperpriorModel::~HyperpriorModel() = default;

std::vector<const Network*> HyperpriorModel::all() const {
    return {&networks_->analysis,  &networks_->hyper_analysis,  &networks_->gain,
            &networks_->synthesis, &networks_->hyper_synthesis, &networks_->inverse_gain,
            &networks_->prior};
}

std::vector<float> HyperpriorModel::gains_of(const Network& table, double quality,
                                             double sign) const {
    const auto last = static_cast<double>(options_.qualities - 1);
    const double at = std::clamp(quality, 0.0, last);
    const auto lower = static_cast<int64_t>(at);
    const auto upper = std::min(lower + 1, options_.qualities - 1);
    const double part = at - static_cast<double>(lower);
    // Steps of a uniform quantiser at a high rate go with the root of lambda.
    const double start = 0.5 * std::log(options_.lambda(at) / options_.lambda(last / 2));
    std::vector<float> result(row(table, lower).begin(), row(table, lower).end());
    for (size_t c = 0; c < result.size(); ++c) {
        const double between = std::lerp(result[c], row(table, upper)[c], part);
        result[c] = static_cast<float>(std::exp(between + sign * start));
    }
    return result;
}

std::vector<float> HyperpriorModel::gains(double quality) const {
    return gains_of(networks_->gain, quality, 1);
}

std::vector<float> HyperpriorModel::inverse_gains(double quality) const {
    return gains_of(networks_->inverse_gain, quality, -1);
}

int64_t HyperpriorModel::stride() const {
    return networks_->analysis.src_dims()[1] / networks_->analysis.dst_dims()[1];
}

std::vector<TrainedConvolution> HyperpriorModel::trained_synthesis() const {
    if (!options_.integer_synthesis)
        throw ModelError(
            "this synthesis is not of convolutions and ReLU alone, which integers can "
            "repeat: train with 'synthesis_activation: relu'");
    std::vector<TrainedConvolution> layers;
    const std::vector<NamedTensor> tensors = networks_->synthesis.tensors();
    int64_t scale = stride();
    for (size_t i = 0; i + 1 < tensors.size(); i += 2) {
        TrainedConvolution layer;
        layer.weights = tensors[i].tensor;
        layer.bias = tensors[i + 1].tensor.values;
        const bool last = i + 2 == tensors.size();
        const int64_t outputs =
            last ? networks_->synthesis.dst_dims()[0] : tensors[i + 2].tensor.dims[1];
        if (const int64_t phases = layer.weights.dims[0] / outputs; phases > 1) {
            layer.kind = TrainedConvolution::Kind::pixel_shuffled;
            layer.factor = last ? scale : 2;
            scale /= layer.factor;
        }
        layer.relu = !last;
        layers.push_back(std::move(layer));
    }
    for (float& weight : layers.back().weights.values) weight /= contrast;
    for (float& bias : layers.back().bias) bias /= contrast;
    return layers;
}

CodedImages HyperpriorModel::code(const Tensor& images, double quality) const {
    CodedImages coded;
    coded.latents = networks_->analysis.run(scaled(images, contrast));
    multiply(coded.latents, gains_of(networks_->gain, quality, 1));
    Tensor sizes = coded.latents;
    for (float& value : sizes.values) value = log_size(value);
    for (float& value : coded.latents.values) value = std::nearbyint(value);
    coded.hyper_latents = networks_->hyper_analysis.run(sizes);
    for (float& value : coded.hyper_latents.values) value = std::nearbyint(value);
    coded.log_scales = networks_->hyper_synthesis.run(coded.hyper_latents);

    const auto nearest = static_cast<int64_t>(std::nearbyint(quality));
    const auto prior =
        row(networks_->prior, std::clamp<int64_t>(nearest, 0, options_.qualities - 1));
    const Dims& hyper = coded.hyper_latents.dims;
    const auto plane = static_cast<size_t>(hyper[2] * hyper[3]);
    const auto image = static_cast<size_t>(count(coded.latents.dims) / hyper[0]);
    const float* hyper_latents = coded.hyper_latents.values.data();
    for (int64_t n = 0; n < hyper[0]; ++n) {
        const size_t first = static_cast<size_t>(n) * image;
        double bits =
            gaussian_bits(std::span(coded.latents.values).subspan(first, image),
                          std::span(coded.log_scales.values).subspan(first, image), {}, {});
        for (int64_t c = 0; c < hyper[1]; ++c, hyper_latents += plane)
            bits += mixture_bits(
                {hyper_latents, plane},
                prior.subspan(static_cast<size_t>(c * mixture_parameters), mixture_parameters), {},
                {});
        coded.bits.push_back(bits);
    }
    return coded;
}

Tensor HyperpriorModel::synthesise(const Tensor& latents, double quality) const {
    Tensor values = latents;
    networks_->synthesis.check(values);
    multiply(values, gains_of(networks_->inverse_gain, quality, -1));
    return scaled(networks_->synthesis.run(values), 1 / contrast);
}

Latents HyperpriorModel::encode(const Tensor& images) const {
    CodedImages coded = code(images, options_.quality);
    return {std::move(coded.latents), {}, std::move(coded.bits)};
}

Tensor HyperpriorModel::decode(const Latents& latents) const {
    return synthesise(latents.values, options_.quality);
}

Losses HyperpriorModel::train(const Tensor& images, double progress) {
    networks_->analysis.check(images);
    int64_t parameters = 0;
    for (const Network* network : all())
        parameters += static_cast<int64_t>(network->values().size());
    const std::vector<Portion> portions = cut(images.dims[0], true, parameters);
    const Step step{&images, options_.rounded_from > 0 && progress >= options_.rounded_from};
    if (!step.rounded) encoder_trainer_.begin(portions, progress);
    decoder_trainer_.begin(portions, progress);
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
    if (!step.rounded) encoder_trainer_.finish();
    decoder_trainer_.finish();
    Terms sum;
    for (const Terms& part : parts) {
        sum.loss += part.loss;
        sum.bits += part.bits;
        sum.hyper_bits += part.hyper_bits;
        sum.distortion += part.distortion;
    }
    const auto pixels = static_cast<double>(images.dims[0] * images.dims[2] * images.dims[3]);
    return {{"loss", sum.loss},
            {"bits_per_pixel", (sum.bits + sum.hyper_bits) / pixels},
            {"hyper_bits_per_pixel", sum.hyper_bits / pixels},
            {"distortion", sum.distortion / static_cast<double>(images.values.size())}};
}

HyperpriorModel::Terms HyperpriorModel::run(const Step& step, const Portion& portion,
                                            Workspace& w) const {
    const Dims& latent = networks_->analysis.dst_dims();
    const Dims& hyper = networks_->hyper_analysis.dst_dims();
    const auto plane = static_cast<size_t>(latent[1] * latent[2]);
    const auto hyper_plane = static_cast<size_t>(hyper[1] * hyper[2]);
    const bool noisy = !step.rounded && !options_.straight_through;  // also what the decoder sees

    // Only of seed, step and place in the batch.
    Generator random(seed_);
    random = Generator(random.next() + static_cast<uint64_t>(decoder_trainer_.steps()));
    random = Generator(random.next() + static_cast<uint64_t>(portion.first));
    const auto quality =
        static_cast<int64_t>(random.uniform() * static_cast<double>(options_.qualities));
    const auto with_noise = [&](float value) {
        return step.rounded ? std::nearbyint(value)
                            : value + static_cast<float>(random.uniform() - 0.5);
    };
    const std::vector<float> gain = gains_of(networks_->gain, static_cast<double>(quality), 1);
    const std::vector<float> inverse =
        gains_of(networks_->inverse_gain, static_cast<double>(quality), -1);
    const auto prior = row(networks_->prior, quality);

    const auto first = static_cast<size_t>(portion.first * count(networks_->analysis.src_dims()));
    std::transform(
        step.images->values.begin() + static_cast<std::ptrdiff_t>(first),
        step.images->values.begin() + static_cast<std::ptrdiff_t>(first + w.pixels.size()),
        w.pixels.begin(), [](float pixel) { return contrast * pixel; });
    const auto analysed = w.analysis.forward(w.pixels.data());
    for (size_t i = 0; i < analysed.size(); ++i) {
        const size_t c = i / plane % gain.size();
        w.latents[i] = analysed[i] * gain[c];
        w.sizes[i] = log_size(w.latents[i]);
        w.noisy[i] = with_noise(w.latents[i]);
        w.decoded[i] = (noisy ? w.noisy[i] : std::nearbyint(w.latents[i])) * inverse[c];
    }
    const auto hyper_analysed = w.hyper_analysis.forward(w.sizes.data());
    for (size_t i = 0; i < hyper_analysed.size(); ++i) {
        w.hyper_noisy[i] = with_noise(hyper_analysed[i]);
        w.hyper_decoded[i] = noisy ? w.hyper_noisy[i] : std::nearbyint(hyper_analysed[i]);
    }
    const auto log_scales = w.hyper_synthesis.forward(w.hyper_decoded.data());

    // Bits count less at high rates, where there are more of them: a tenth of the rate is worth as
    // much at any quality.
    const double lambda = options_.lambda(static_cast<double>(quality));
    const double middle = options_.lambda(static_cast<double>(options_.qualities - 1) / 2);
    const double weight = std::sqrt(middle / lambda);
    const auto batch = static_cast<double>(step.images->dims[0]);
    const double per_bit =
        weight / (batch * static_cast<double>(step.images->dims[2] * step.images->dims[3]));
    const double per_error =
        weight * lambda * full_scale * full_scale /
        (double{contrast} * contrast * static_cast<double>(step.images->values.size()));

    Terms terms;
    terms.bits = gaussian_bits(w.noisy, log_scales, w.diff_noisy, w.diff_log_scales);
    const auto diff_prior = cleared(decoder_trainer_, portion, networks_->prior)
                                .subspan(static_cast<size_t>(quality) * prior.size(), prior.size());
    for (size_t i = 0; i < w.hyper_noisy.size(); i += hyper_plane) {
        const size_t at = i / hyper_plane % static_cast<size_t>(hyper[0]) * mixture_parameters;
        terms.hyper_bits += mixture_bits(std::span(w.hyper_noisy).subspan(i, hyper_plane),
                                         prior.subspan(at, mixture_parameters),
                                         std::span(w.diff_hyper_noisy).subspan(i, hyper_plane),
                                         diff_prior.subspan(at, mixture_parameters));
    }
    const auto made = w.synthesis.forward(w.decoded.data());
    const double error = squared_error(made, w.pixels, per_error, w.diff_pixels);
    terms.distortion = error / (double{contrast} * contrast);
    terms.loss = per_bit * (terms.bits + terms.hyper_bits) + per_error * error;
    if (!std::isfinite(terms.loss))
        throw DivergenceError(
            fmt::format("the loss is {} at step {}; lower the rate or set clip_norm", terms.loss,
                        decoder_trainer_.steps()));

    const auto rate = static_cast<float>(per_bit);
    for (float& diff : diff_prior) diff *= rate;
    for (float& diff : w.diff_log_scales) diff *= rate;
    const auto gradients = [&](const Network& network) {
        return decoder_trainer_.gradients(portion, network);
    };
    w.synthesis.backward(w.diff_pixels.data(), w.diff_decoded.data(),
                         gradients(networks_->synthesis));
    w.hyper_synthesis.backward(w.diff_log_scales.data(), w.diff_hyper_decoded.data(),
                               gradients(networks_->hyper_synthesis));
    const auto table_row = [&](const Trainer& trainer, const Network& table) {
        return cleared(trainer, portion, table)
            .subspan(static_cast<size_t>(quality) * gain.size(), gain.size());
    };
    const auto diff_inverse = table_row(decoder_trainer_, networks_->inverse_gain);
    for (size_t i = 0; i < w.decoded.size(); ++i)
        diff_inverse[i / plane % gain.size()] += w.diff_decoded[i] * w.decoded[i];
    if (step.rounded) return terms;

    for (size_t i = 0; i < w.hyper_noisy.size(); ++i)
        w.diff_hyper_decoded[i] += rate * w.diff_hyper_noisy[i];
    w.hyper_analysis.backward(w.diff_hyper_decoded.data(), w.diff_sizes.data(),
                              encoder_trainer_.gradients(portion, networks_->hyper_analysis));
    const auto diff_gain = table_row(encoder_trainer_, networks_->gain);
    for (size_t i = 0; i < w.latents.size(); ++i) {
        const size_t c = i / plane % gain.size();
        const float size = w.latents[i] < 0 ? w.latents[i] - least_size : w.latents[i] + least_size;
        const float diff =
            w.diff_decoded[i] * inverse[c] + rate * w.diff_noisy[i] + w.diff_sizes[i] / size;
        diff_gain[c] += diff * w.latents[i];
        w.diff_decoded[i] = diff * gain[c];
    }
    w.analysis.backward(w.diff_decoded.data(), nullptr,
                        encoder_trainer_.gradients(portion, networks_->analysis));
    return terms;
}

std::vector<NamedTensor> HyperpriorModel::weights() const {
    std::vector<NamedTensor> list;
    for (const Network* network : all())
        std::ranges::move(network->tensors(), std::back_inserter(list));
    return list;
}

std::vector<NamedTensor> HyperpriorModel::state() const {
    std::vector<NamedTensor> list = weights();
    std::ranges::move(encoder_trainer_.state(), std::back_inserter(list));
    std::ranges::move(decoder_trainer_.state(), std::back_inserter(list));
    return list;
}

void HyperpriorModel::restore(const std::vector<NamedTensor>& tensors) {
    for (Network* network :
         {&networks_->analysis, &networks_->hyper_analysis, &networks_->gain, &networks_->synthesis,
          &networks_->hyper_synthesis, &networks_->inverse_gain, &networks_->prior})
        network->restore(tensors);
    if (!decoder_trainer_.owns_some_of(tensors)) return;
    encoder_trainer_.restore(tensors);
    decoder_trainer_.restore(tensors);
}

std::vector<NamedTensor> HyperpriorModel::encoder_weights() const {
    std::vector<NamedTensor> list = networks_->analysis.tensors();
    std::ranges::move(networks_->gain.tensors(), std::back_inserter(list));
    return list;
}

void HyperpriorModel::restore_encoder(const std::vector<NamedTensor>& tensors) {
    networks_->analysis.restore(tensors);
    networks_->gain.restore(tensors);
}

std::unique_ptr<const Model> HyperpriorModel::snapshot() const {
    return std::make_unique<HyperpriorModel>(options_, training_, seed_, *networks_);
}

std::unique_ptr<const Model> HyperpriorModel::at_quality(double quality) const {
    if (quality < 0 || quality > static_cast<double>(options_.qualities - 1))
        throw ModelError(fmt::format("there is no quality {}: they are 0 to {}", quality,
                                     options_.qualities - 1));
    HyperpriorOptions options = options_;
    options.quality = quality;
    return std::make_unique<HyperpriorModel>(options, training_, seed_, networks_);
}

std::unique_ptr<const Model> HyperpriorModel::resized(const Dims& image) const {
    const auto& n = *networks_;
    const Network analysis(n.analysis, image);
    const Network hyper_analysis(n.hyper_analysis, analysis.dst_dims());
    const Network hyper_synthesis(n.hyper_synthesis, hyper_analysis.dst_dims());
    if (hyper_synthesis.dst_dims() != analysis.dst_dims())
        throw ModelError(
            fmt::format("{}x{} images do not come out as they went in; crop or pad "
                        "them to the multiples that the architecture asks for",
                        image[2], image[1]));
    return std::make_unique<HyperpriorModel>(
        options_, training_, seed_,
        HyperpriorNetworks{analysis, hyper_analysis, n.gain,
                           Network(n.synthesis, analysis.dst_dims()), hyper_synthesis,
                           n.inverse_gain, n.prior});
}

}  // namespace models
