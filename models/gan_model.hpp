// How a compression GAN is trained and used, whatever the layers of its networks: a distortion and
// a discriminator both pull at the generator and, through the quantiser, at the encoder.
#pragma once

#include "models/discriminator.hpp"
#include "models/model.hpp"
#include "models/pool.hpp"

#include <memory>
#include <string>
#include <vector>

namespace models {

struct GanOptions {
    int64_t centres = 5;
    bool train_centres = false;  // then their shifts are the encoder's last parameters
    double distortion_weight = 1;
    graph::Selected<AdversarialLoss> adversarial{"least_squares"};
    double adversarial_weight = 0.15;
    bool balance = true;
    double pretrain_epochs = 0;
    graph::Selected<Optimizer> discriminator_optimizer{"adam"};
};

class GanModel : public Model {
  public:
    /// The encoder ends in a quantiser; the generator takes what it makes, and makes images.
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
    struct Terms {     // of the loss
        double distortion = 0;
        double adversarial = 0;
        double discriminator = 0;
    };
    struct Pull {
        double weight = 0;  // of the adversarial term
        double share = 0;   // of it in the sum of the norms of the encoder's two gradients
    };

    Terms run(const Tensor& images, const std::vector<Portion>& portions, bool playing);
    Terms run(const Tensor& images, const Portion& portion, Workspace& workspace,
              bool playing) const;
    /// To the sum of the gradients from the distortion.
    Pull add_adversarial();
    void check(const Terms& terms) const;

    GanOptions options_;
    TrainingOptions training_;
    std::shared_ptr<const AdversarialLoss> loss_;
    Network encoder_;
    Network generator_;
    Discriminator discriminator_;
    Trainer trainer_;
    Trainer discriminator_trainer_;
    GradientSum on_encoder_;  // from the adversarial term alone, of weight 1
    GradientSum on_generator_;
    Pool<Workspace> workspaces_;
};

}  // namespace models
