// What a trained or training network offers, whatever its architecture. An architecture is a struct
// of options that registers itself and builds a Model: one readable file each.
#pragma once

#include "graph/params.hpp"
#include "models/optimizer.hpp"
#include "models/ranks.hpp"
#include "models/tensor.hpp"

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace models {

/// A model was asked for what it cannot do; what() says what and how to mend it.
class ModelError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// A loss that is NaN or Inf: training stops. The message names the loss and the step.
class DivergenceError : public ModelError {
  public:
    using ModelError::ModelError;
};

/// What an encoder makes of images: N latents of C x H x W values.
struct Latents {
    Tensor values;
    std::vector<float> centres;     // the levels that values may take, ascending; empty: any float
    std::vector<double> bits = {};  // of each image, if the model knows how likely values are

    /// log2 of the number of centres, or 32: nominal size, before any entropy coding.
    double bits_per_value() const;
    /// The sum of `bits`, or the nominal size.
    double total_bits() const;
};

/// Named values of one training step or their mean over an epoch, such as {"loss", 0.01}.
using Losses = std::vector<std::pair<std::string, double>>;

struct NamedTensor {
    std::string name;  // "encoder.0.weights"
    Tensor tensor;     // in plain layout, so that it means the same on every machine
};

/// The one of that name and shape; throws ModelError if there is none.
const Tensor& find_tensor(const std::vector<NamedTensor>& tensors, const std::string& name,
                          const Dims& dims);

/// How to train, besides the architecture's own losses.
struct TrainingOptions {
    graph::Selected<Optimizer> optimizer{"adam"};
    graph::Selected<Schedule> schedule{"constant"};
    float clip_norm = 0;                     // largest gradient norm; 0: not clipped
    std::shared_ptr<Ranks> ranks = alone();  // who else trains the same model
};
std::vector<graph::Param> training_params();  // of TrainingOptions, but for the ranks

class Model {
  public:
    virtual ~Model() = default;

    /// images: N x C x H x W in [0, 1]. Safe to call from several threads, on a const model.
    virtual Latents encode(const Tensor& images) const = 0;
    /// Undoes encode, as far as the model can: N x C x H x W.
    virtual Tensor decode(const Latents& latents) const = 0;

    /// One step on a batch. `progress` is the epoch as a fraction (3.5: halfway through the
    /// fourth), which schedules follow. Several ranks all get the whole batch, each takes its part,
    /// and all get the losses of the whole. Throws DivergenceError.
    virtual Losses train(const Tensor& images, double progress) = 0;

    /// The weights that encode and decode need.
    virtual std::vector<NamedTensor> weights() const = 0;
    /// Everything that training needs to go on bit for bit: weights, moments, counters, critics.
    virtual std::vector<NamedTensor> state() const = 0;
    /// Takes what weights() or state() gave; throws ModelError if names or shapes differ.
    virtual void restore(const std::vector<NamedTensor>& tensors) = 0;
    /// Takes the weights of another to begin training with; throws ModelError if it cannot.
    virtual void start_from(const Model& other);

    /// A copy of the weights, for evaluation while this one trains on.
    virtual std::unique_ptr<const Model> snapshot() const = 0;
    /// The same weights for images of another size, C, H, W. Throws ModelError if they do not fit
    /// it, as the architecture's build does, or fit no other size at all.
    virtual std::unique_ptr<const Model> resized(const Dims& image) const;
    /// The same weights, to encode and decode at another quality: shared, so this one must not be
    /// trained meanwhile. Throws ModelError if there is one only.
    virtual std::unique_ptr<const Model> at_quality(double quality) const;
};

/// What a model takes, as far as its layers say.
struct Footprint {
    int64_t weights = 0;      // values that are trained
    int64_t activations = 0;  // values that all layers together make of one image

    Footprint& operator+=(const Footprint& other) {
        weights += other.weights;
        activations += other.activations;
        return *this;
    }
};

/// The options of an architecture; models/<name>.cpp derives from it and registers itself in
/// graph::Kinds<Architecture>.
struct Architecture {
    virtual ~Architecture() = default;
    /// image: C, H, W. The same seed gives the same initial weights. Throws ModelError if the image
    /// does not fit, such as 100x100 and three 2x2 poolings.
    virtual std::unique_ptr<Model> build(const Dims& image, uint64_t seed,
                                         const TrainingOptions& training) const = 0;
    /// C, H, W of the latent of such an image; throws as build does, but takes no memory.
    virtual Dims latent_dims(const Dims& image) const = 0;
    /// Of all its networks, those that only help to train as well; throws as build does.
    virtual Footprint footprint(const Dims& image) const = 0;
    /// Whether it makes up detail that was not in the image, as a GAN does.
    virtual bool generative() const { return false; }
};

}  // namespace models
