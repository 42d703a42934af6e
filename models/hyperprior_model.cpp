// See hyperprior_model.hpp: what a trained one does. Gains are Cui et al. 2021, "Asymmetric Gained
// Deep Image Compression With Continuous Rate Adaptation".
#include "models/hyperprior_model.hpp"

#include "models/latent_rounding.hpp"
#include "models/likelihood.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

namespace models {
namespace {

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

}  // namespace

std::span<const float> row(const Network& table, int64_t index) {
    const auto size =
        static_cast<size_t>(count(table.parameters()[0].dims) / table.parameters()[0].dims[0]);
    return table.values().subspan(static_cast<size_t>(index) * size, size);
}

std::span<float> changed_row(Network& table, int64_t index) {
    const size_t size = row(table, index).size();
    return table.change().subspan(static_cast<size_t>(index) * size, size);
}

Network table(const std::string& name, const Dims& dims) {
    return {name, {1, 1, 1}, {std::make_shared<Table>(dims)}};
}

double HyperpriorOptions::lambda(double quality) const {
    const double along = qualities > 1 ? quality / static_cast<double>(qualities - 1) : 0;
    return least_lambda * std::pow(most_lambda / least_lambda, along);
}

double HyperpriorOptions::quality_of(double lambda) const {
    if (most_lambda <= least_lambda) return 0;
    const double along = std::log(lambda / least_lambda) / std::log(most_lambda / least_lambda);
    return std::clamp(along, 0.0, 1.0) * static_cast<double>(qualities - 1);
}

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
    const double start = log_gain(at);
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
    for (float& value : coded.latents.values) value = static_cast<float>(rounded_latent(value));
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

std::vector<NamedTensor> HyperpriorModel::weights() const {
    std::vector<NamedTensor> list;
    for (const Network* network : all())
        std::ranges::move(network->tensors(), std::back_inserter(list));
    return list;
}

std::vector<NamedTensor> HyperpriorModel::state() const {
    std::vector<NamedTensor> list = weights();
    for (const Trainer* trainer : {&encoder_trainer_, &decoder_trainer_, &prior_trainer_})
        std::ranges::move(trainer->state(), std::back_inserter(list));
    return list;
}

void HyperpriorModel::restore(const std::vector<NamedTensor>& tensors) {
    for (Network* network :
         {&networks_->analysis, &networks_->hyper_analysis, &networks_->gain, &networks_->synthesis,
          &networks_->hyper_synthesis, &networks_->inverse_gain, &networks_->prior})
        network->restore(tensors);
    if (!decoder_trainer_.owns_some_of(tensors)) return;
    for (Trainer* trainer : {&encoder_trainer_, &decoder_trainer_, &prior_trainer_})
        trainer->restore(tensors);
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

std::unique_ptr<HyperpriorModel> HyperpriorModel::copy() const {
    return std::make_unique<HyperpriorModel>(options_, training_, seed_, *networks_);
}

std::unique_ptr<const Model> HyperpriorModel::snapshot() const { return copy(); }

void HyperpriorModel::set_gains(Network& table, int64_t quality, double sign,
                                std::span<const float> gains, double log_factor) const {
    const double start = log_gain(static_cast<double>(quality));
    std::ranges::transform(gains, changed_row(table, quality).begin(), [&](float gain) {
        return static_cast<float>(std::log(std::max(gain, HyperpriorModel::least_gain)) +
                                  log_factor - sign * start);
    });
}

void HyperpriorModel::set_inverse_gains(int64_t quality, std::span<const float> gains) {
    set_gains(networks_->inverse_gain, quality, -1, gains, 0);
}

/// Steps of a uniform quantiser at a high rate go with the root of lambda.
double HyperpriorModel::log_gain(double quality) const {
    const auto last = static_cast<double>(options_.qualities - 1);
    return 0.5 * std::log(options_.lambda(quality) / options_.lambda(last / 2));
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
