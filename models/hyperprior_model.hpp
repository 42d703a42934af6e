// How a codec with a scale hyperprior is trained and used, whatever the layers of its networks:
// rate and distortion together, at several qualities by learned gains on one set of weights.
#pragma once

#include "models/model.hpp"
#include "models/network.hpp"
#include "models/pool.hpp"
#include "models/trained_convolution.hpp"
#include "models/trainer.hpp"

#include <cmath>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace models {

struct HyperpriorOptions {
    int64_t qualities = 8;
    double least_lambda = 0.001;  // of quality 0
    double most_lambda = 0.1;     // of the last
    double quality = 4;           // of encode and decode
    bool straight_through = true;
    double prior_until = 0;
    double rounded_from = 0;
    std::string distortion = "mse";
    bool integer_synthesis = true;  // only convolutions and ReLU

    /// Fractions stand between two qualities.
    double lambda(double quality) const;
    /// The quality of that lambda, or the nearest there is.
    double quality_of(double lambda) const;
};

/// Tables are networks without layers' arithmetic: parameters that the model itself uses.
struct HyperpriorNetworks {
    Network analysis;         // images to latents
    Network hyper_analysis;   // logarithms of the latents' sizes to hyper-latents
    Network gain;             // qualities x channels of the latents
    Network synthesis;        // latents to images
    Network hyper_synthesis;  // hyper-latents to logarithms of the latents' scales
    Network inverse_gain;     // as gain
    Network prior;            // qualities x channels of the hyper-latents x mixture_parameters
};

/// Values that a model uses as it likes, with names, optimiser and checkpoint as weights have them.
Network table(const std::string& name, const Dims& dims);
/// What a table has for one index of its first dimension.
std::span<const float> row(const Network& table, int64_t index);
std::span<float> changed_row(Network& table, int64_t index);  // to change it

/// What an entropy coder gets: whole numbers, and what they take at least.
struct CodedImages {
    Tensor latents;
    Tensor hyper_latents;
    Tensor log_scales;         // natural logarithms, of the latents
    std::vector<double> bits;  // of each image, by the learned likelihoods
};

class HyperpriorModel : public Model {
  public:
    /// Networks see images times this: then gains near 1 are right in the middle of the qualities,
    /// and divisive normalisation has something to divide.
    static constexpr float contrast = 16;
    /// Of a latent, as the hyperprior sees it; below `least_size` it sees no differences.
    static constexpr float least_size = 0.1F;
    static constexpr float least_gain = 1e-20F;  // whose logarithm is taken
    static float log_size(float latent) { return std::log(std::abs(latent) + least_size); }

    HyperpriorModel(const HyperpriorOptions& options, const TrainingOptions& training,
                    uint64_t seed, HyperpriorNetworks networks);
    ~HyperpriorModel() override;

    /// quality: 0 to qualities - 1. Safe to call from several threads, on a const model.
    CodedImages code(const Tensor& images, double quality) const;
    /// Images of the latents that code() made at the same quality; hyper-latents only say how
    /// likely those are.
    Tensor synthesise(const Tensor& latents, double quality) const;

    /// The latents of code(), and the bits that they take with their hyper-latents.
    Latents encode(const Tensor& images) const override;
    Tensor decode(const Latents& latents) const override;
    Losses train(const Tensor& images, double progress) override;
    std::vector<NamedTensor> weights() const override;
    std::vector<NamedTensor> state() const override;
    void restore(const std::vector<NamedTensor>& tensors) override;
    /// Also from one with other lambdas, whose nearest each quality begins with, or with fewer
    /// channels of latents, which go on as before while the new ones begin.
    void start_from(const Model& other) override;
    std::unique_ptr<const Model> snapshot() const override;
    std::unique_ptr<HyperpriorModel> copy() const;
    std::unique_ptr<const Model> resized(const Dims& image) const override;
    std::unique_ptr<const Model> at_quality(double quality) const override;

    const HyperpriorNetworks& networks() const { return *networks_; }
    /// Pixels along one side of what a latent stands for.
    int64_t stride() const;
    /// Factors on the channels of the latents before rounding, and on whole numbers to give what
    /// trained_synthesis() takes.
    std::vector<float> gains(double quality) const;
    std::vector<float> inverse_gains(double quality) const;
    void set_inverse_gains(int64_t quality, std::span<const float> gains);
    /// The layers from latents to images in [0, 1]. Throws ModelError if they are not convolutions
    /// and ReLU alone.
    std::vector<TrainedConvolution> trained_synthesis() const;
    /// The part of weights() that the analysis and gains() need.
    std::vector<NamedTensor> encoder_weights() const;
    void restore_encoder(const std::vector<NamedTensor>& tensors);
    int64_t qualities() const { return options_.qualities; }

    /// With the networks of another model, for at_quality().
    HyperpriorModel(const HyperpriorOptions& options, const TrainingOptions& training,
                    uint64_t seed, std::shared_ptr<HyperpriorNetworks> networks);

  private:
    struct Workspace;  // of a training step on one portion
    struct Terms {     // of the loss, sums over images
        double loss = 0;
        double bits = 0;
        double hyper_bits = 0;
        double error = 0;
    };
    /// Who learns: the hyperprior alone; all; at last the synthesis alone, of latents as they will
    /// be, of which then the rate is told as well.
    enum class Phase { prior, all, rounded };
    struct Step {
        const Tensor* images;
        Phase phase;
        int64_t number;
    };

    struct Rate;

    Terms run(const Step& step, const Portion& portion, Workspace& workspace) const;
    Rate rate_of(const Step& step, int64_t quality) const;
    void forward(const Step& step, const Portion& portion, const Rate& rate, Generator& random,
                 Workspace& workspace) const;
    /// Sets the gradient with respect to what was made; see errors_in().
    double error_of(const Rate& rate, Workspace& workspace) const;
    Terms terms_of(const Rate& rate, Workspace& workspace) const;
    bool structural() const;
    /// What error_of() makes of all portions of a batch if the distortion is 1.
    double errors_in(const Tensor& images) const;
    std::span<float> diff_row(const Trainer& trainer, const Portion& portion, const Network& table,
                              int64_t quality) const;
    /// Factors on the channels of the latents and their inverse.
    std::vector<float> gains_of(const Network& table, double quality, double sign) const;
    double log_gain(double quality) const;
    void set_gains(Network& table, int64_t quality, double sign, std::span<const float> gains,
                   double log_factor) const;
    std::vector<const Network*> all() const;
    Phase phase(double progress) const;
    std::vector<Trainer*> trainers(Phase phase);

    HyperpriorOptions options_;
    TrainingOptions training_;
    uint64_t seed_;
    std::shared_ptr<HyperpriorNetworks> networks_;
    Trainer encoder_trainer_;
    Trainer decoder_trainer_;
    Trainer prior_trainer_;
    Pool<Workspace> workspaces_;
};

}  // namespace models
