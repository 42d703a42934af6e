// What tells real images from generated ones: small convolutional networks that judge overlapping
// patches, one on the image and one on its half (Wang et al. 2018, "High-Resolution Image Synthesis
// and Semantic Manipulation with Conditional GANs").
#pragma once

#include "models/adversarial_loss.hpp"
#include "models/halve.hpp"
#include "models/network.hpp"
#include "models/portions.hpp"
#include "models/trainer.hpp"

#include <array>
#include <span>
#include <string>
#include <vector>

namespace models {

class Discriminator {
  public:
    static constexpr size_t scales = 2;

    /// image: C, H, W. `width`: channels of the first convolution; they double twice.
    Discriminator(const Dims& image, int64_t width);

    /// Of both its networks, for real and for generated images.
    static Footprint footprint(const Dims& image, int64_t width);

    void initialise(const std::string& kind, Generator& generator);
    std::vector<Network*> networks();
    const Network& network(size_t scale) const { return networks_[scale]; }
    int64_t parameters() const;
    std::vector<NamedTensor> tensors() const;
    void restore(const std::vector<NamedTensor>& tensors);

  private:
    std::array<Network, scales> networks_;
};

/// The two runs for which the discriminator's trainer keeps gradients: real and generated images.
std::vector<Portion> real_and_made(const std::vector<Portion>& portions);

/// One portion of a batch before the discriminator, with all the memory that this takes.
class Judge {
  public:
    struct Verdict {  // parts of the means over batch and scales
        double discriminator = 0;
        double generator = 0;
    };

    /// The discriminator must outlive the judge.
    Judge(const Discriminator& discriminator, int64_t images);

    /// real, made: the portion's images in plain layout. Sets the discriminator's gradients in its
    /// trainer, which began with real_and_made(), and diff_made to the gradient of the generator's
    /// loss. `batch`: images of all portions.
    Verdict judge(std::span<const float> real, std::span<const float> made,
                  const AdversarialLoss& loss, const Trainer& trainer, const Portion& portion,
                  int64_t batch, std::span<float> diff_made);

  private:
    struct Scale {
        Scale(const Network& network, int64_t images);

        const Network& network;
        Pass real;
        Pass made;
        std::vector<float> diff_logits;
        std::vector<float> real_images;  // halved; empty at full size
        std::vector<float> made_images;
        std::vector<float> diff_images;
    };

    PlaneDims planes_;
    std::array<Scale, Discriminator::scales> scales_;
};

}  // namespace models
