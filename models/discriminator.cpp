// See discriminator.hpp.
#include "models/discriminator.hpp"

#include "models/footprint.hpp"
#include "models/layers.hpp"

#include <iterator>

namespace models {
namespace {

Layers patches(int64_t width) {
    const auto halving = [](int64_t channels) {
        return convolution({channels, 4, 2, Activation::leaky_relu});
    };
    return {halving(width), halving(2 * width), halving(4 * width), convolution({1, 3})};
}

Dims half_of(const Dims& image) { return {image[0], image[1] / 2, image[2] / 2}; }

}  // namespace

Discriminator::Discriminator(const Dims& image, int64_t width)
    : networks_{Network("discriminator.full", image, patches(width)),
                Network("discriminator.half", half_of(image), patches(width))} {}

Footprint Discriminator::footprint(const Dims& image, int64_t width) {
    Footprint all = models::footprint(patches(width), image);
    all += models::footprint(patches(width), half_of(image));
    all.activations *= 2;
    return all;
}

void Discriminator::initialise(const std::string& kind, Generator& generator) {
    for (Network& network : networks_) network.initialise(kind, generator);
}

std::vector<Network*> Discriminator::networks() {
    std::vector<Network*> list;
    for (Network& network : networks_) list.push_back(&network);
    return list;
}

int64_t Discriminator::parameters() const {
    size_t sum = 0;
    for (const Network& network : networks_) sum += network.values().size();
    return static_cast<int64_t>(sum);
}

std::vector<NamedTensor> Discriminator::tensors() const {
    std::vector<NamedTensor> list;
    for (const Network& network : networks_)
        std::ranges::move(network.tensors(), std::back_inserter(list));
    return list;
}

void Discriminator::restore(const std::vector<NamedTensor>& tensors) {
    for (Network& network : networks_) network.restore(tensors);
}

std::vector<Portion> real_and_made(const std::vector<Portion>& portions) {
    std::vector<Portion> both;
    for (const Portion& portion : portions) {
        both.push_back({2 * portion.index, portion.first, portion.images});
        both.push_back({2 * portion.index + 1, portion.first, portion.images});
    }
    return both;
}

Judge::Scale::Scale(const Network& judged_by, int64_t images)
    : network(judged_by),
      real(network, images, Mode::training),
      made(network, images, Mode::training),
      diff_logits(static_cast<size_t>(images * count(network.dst_dims()))) {}

Judge::Judge(const Discriminator& discriminator, int64_t images)
    : scales_{Scale(discriminator.network(0), images), Scale(discriminator.network(1), images)} {
    const Dims& image = discriminator.network(0).src_dims();
    planes_ = {images * image[0], image[1], image[2]};
    Scale& half = scales_[1];
    for (auto* buffer : {&half.real_images, &half.made_images, &half.diff_images})
        buffer->resize(static_cast<size_t>(images * count(half.network.src_dims())));
}

Judge::Verdict Judge::judge(std::span<const float> real, std::span<const float> made,
                            const AdversarialLoss& loss, const Trainer& trainer,
                            const Portion& portion, int64_t batch, std::span<float> diff_made) {
    auto& [full, half] = scales_;
    halve(real, planes_, half.real_images);
    halve(made, planes_, half.made_images);
    const auto both = real_and_made({portion});
    Verdict verdict;
    const auto judge_scale = [&](Scale& scale, const float* real_images, const float* made_images,
                                 float* diff_images) {
        const double part = 1 / static_cast<double>(batch * count(scale.network.dst_dims()) *
                                                    static_cast<int64_t>(Discriminator::scales));
        const auto of_real = scale.real.forward(real_images);
        verdict.discriminator += part * loss.discriminator(of_real, true, part, scale.diff_logits);
        scale.real.backward(scale.diff_logits.data(), nullptr,
                            trainer.gradients(both[0], scale.network));
        const auto of_made = scale.made.forward(made_images);
        verdict.discriminator += part * loss.discriminator(of_made, false, part, scale.diff_logits);
        scale.made.backward(scale.diff_logits.data(), nullptr,
                            trainer.gradients(both[1], scale.network));
        verdict.generator += part * loss.generator(of_made, part, scale.diff_logits);
        scale.made.backward(scale.diff_logits.data(), diff_images, {});
    };
    judge_scale(full, real.data(), made.data(), diff_made.data());
    judge_scale(half, half.real_images.data(), half.made_images.data(), half.diff_images.data());
    halve_backward(half.diff_images, planes_, diff_made);
    return verdict;
}

}  // namespace models
