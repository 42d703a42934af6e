// A model that is trained to give back its images: an encoder, a decoder, and the mean squared
// error between what goes in and what comes out.
#pragma once

#include "models/model.hpp"
#include "models/network.hpp"
#include "models/pool.hpp"
#include "models/trainer.hpp"

namespace models {

class Autoencoder : public Model {
  public:
    /// The decoder takes what the encoder makes, and makes what it takes.
    /// Throws ModelError otherwise.
    Autoencoder(const Network& encoder, const Network& decoder, const TrainingOptions& training);

    ~Autoencoder() override;

    Latents encode(const Tensor& images) const override;
    Tensor decode(const Latents& latents) const override;
    Losses train(const Tensor& images, double progress) override;
    std::vector<NamedTensor> weights() const override;
    std::vector<NamedTensor> state() const override;
    void restore(const std::vector<NamedTensor>& tensors) override;
    std::unique_ptr<const Model> snapshot() const override;

  private:
    struct Workspace;  // of a training step on one portion

    double train(const Tensor& images, const Portion& portion, Workspace& workspace) const;

    Network encoder_;
    Network decoder_;
    TrainingOptions training_;
    Trainer trainer_;
    Pool<Workspace> workspaces_;
};

}  // namespace models
