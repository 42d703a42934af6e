// See autoencoder.hpp.
#include "models/autoencoder.hpp"

#include "models/squared_error.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

namespace models {

struct Autoencoder::Workspace {
    Workspace(const Autoencoder& model, int64_t images)
        : encoder(model.encoder_, images, Mode::training),
          decoder(model.decoder_, images, Mode::training),
          diff_images(static_cast<size_t>(images * count(model.encoder_.src_dims()))),
          diff_latents(static_cast<size_t>(images * count(model.encoder_.dst_dims()))) {}

    Pass encoder;
    Pass decoder;
    std::vector<float> diff_images;
    std::vector<float> diff_latents;
};

Autoencoder::Autoencoder(const Network& encoder, const Network& decoder,
                         const TrainingOptions& training)
    : encoder_(encoder),
      decoder_(decoder),
      training_(training),
      trainer_(training, "optimizer", {&encoder_, &decoder_}) {
    if (decoder_.src_dims() != encoder_.dst_dims() || decoder_.dst_dims() != encoder_.src_dims())
        throw ModelError(fmt::format("the decoder makes {} values of {}, but images are {}",
                                     fmt::join(decoder_.dst_dims(), " x "),
                                     fmt::join(decoder_.src_dims(), " x "),
                                     fmt::join(encoder_.src_dims(), " x ")));
}

Autoencoder::~Autoencoder() = default;

Latents Autoencoder::encode(const Tensor& images) const { return {encoder_.run(images), {}}; }

Tensor Autoencoder::decode(const Latents& latents) const { return decoder_.run(latents.values); }

Losses Autoencoder::train(const Tensor& images, double progress) {
    encoder_.check(images);
    const bool separable = encoder_.separable() && decoder_.separable();
    const auto parameters =
        static_cast<int64_t>(encoder_.values().size() + decoder_.values().size());
    const auto portions = cut(images.dims[0], separable, parameters, *training_.ranks);
    std::vector<double> errors(portions.size());
    trainer_.begin(portions, progress);
    for_each_portion(portions, separable, [&](const Portion& portion) {
        const auto fits = [&](const Workspace& workspace) {
            return workspace.encoder.images() == portion.images;
        };
        const auto make = [&] { return std::make_unique<Workspace>(*this, portion.images); };
        workspaces_.with(fits, make, [&](Workspace& workspace) {
            errors[static_cast<size_t>(portion.index)] = train(images, portion, workspace);
        });
    });
    trainer_.sum();
    trainer_.finish();
    double error = 0;
    for (const double part : errors) error += part;
    sum(*training_.ranks, {&error, 1});
    return {{"loss", error / static_cast<double>(images.values.size())}};
}

double Autoencoder::train(const Tensor& images, const Portion& portion,
                          Workspace& workspace) const {
    auto& [encoder, decoder, diff_images, diff_latents] = workspace;
    const std::span wanted = std::span(images.values)
                                 .subspan(static_cast<size_t>(portion.first) *
                                              static_cast<size_t>(count(encoder_.src_dims())),
                                          diff_images.size());
    const auto latents = encoder.forward(wanted.data());
    const auto made = decoder.forward(latents.data());
    const double error =
        squared_error(made, wanted, 1 / static_cast<double>(images.values.size()), diff_images);
    if (!std::isfinite(error))  // now, because backward may change the weights already
        throw DivergenceError(fmt::format(
            "the loss is {} at step {}; lower the rate or set clip_norm", error, trainer_.steps()));
    decoder.backward(diff_images.data(), diff_latents.data(),
                     trainer_.gradients(portion, decoder_));
    encoder.backward(diff_latents.data(), nullptr, trainer_.gradients(portion, encoder_));
    return error;
}

std::vector<NamedTensor> Autoencoder::weights() const {
    std::vector<NamedTensor> list = encoder_.tensors();
    std::ranges::move(decoder_.tensors(), std::back_inserter(list));
    return list;
}

std::vector<NamedTensor> Autoencoder::state() const {
    std::vector<NamedTensor> list = weights();
    std::ranges::move(trainer_.state(), std::back_inserter(list));
    return list;
}

void Autoencoder::restore(const std::vector<NamedTensor>& tensors) {
    encoder_.restore(tensors);
    decoder_.restore(tensors);
    if (trainer_.owns_some_of(tensors)) trainer_.restore(tensors);
}

std::unique_ptr<const Model> Autoencoder::snapshot() const {
    return std::make_unique<Autoencoder>(encoder_, decoder_, training_);
}

}  // namespace models
