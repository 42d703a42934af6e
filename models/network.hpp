// A network: layers and the one flat array of all their parameters. A Pass is one run of it over a
// portion of a batch, forward and back.
#pragma once

#include "models/initialisation.hpp"
#include "models/layer.hpp"
#include "models/model.hpp"
#include "models/pool.hpp"
#include "models/sequence.hpp"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace models {

class Pass;

class Network {
  public:
    /// src: C, H, W. `name` stands before the names of all parameters: "encoder". Weights are zero
    /// until initialise() or restore(). Throws ModelError if a layer does not fit the one before.
    Network(std::string name, const Dims& src, Layers layers);
    /// Copies the parameters; the layers are shared.
    Network(const Network& other);
    /// The same for sources of another size. Throws ModelError if weights depend on it.
    Network(const Network& other, const Dims& src);
    ~Network();

    const Dims& src_dims() const { return src_; }  // C, H, W
    const Dims& dst_dims() const { return dst_; }
    /// In the order of values(), each named by its place: "encoder.0.weights".
    const std::vector<Parameter>& parameters() const { return parameters_; }
    bool separable() const { return layers_->separable(); }

    /// All parameters, one after the other, as parameters() lists them.
    std::span<const float> values() const { return values_; }
    /// To change them: every Pass will load them anew.
    std::span<float> change();
    uint64_t version() const { return version_; }

    /// Moves means and variances a tenth of the way towards what backward left for them; all other
    /// gradients are passed over.
    void move_averages(const float* gradients);

    /// Fills the weights, in order; `kind` as models/initialisation.hpp has it. Biases, scales and
    /// averages get what Parameter::Role says.
    void initialise(const std::string& kind, Generator& generator);

    std::vector<NamedTensor> tensors() const;
    /// Takes those of `tensors` with the names of its parameters. Throws ModelError if one is
    /// missing or of another shape.
    void restore(const std::vector<NamedTensor>& tensors);

    /// Throws ModelError unless images are N x src_dims().
    void check(const Tensor& images) const;

    /// Inference over any number of images, N x C x H x W. Safe from several threads at once.
    Tensor run(const Tensor& src) const;

  private:
    friend class Pass;

    std::string name_;
    Dims src_;
    Dims dst_;
    std::shared_ptr<const Sequence> layers_;
    std::vector<Parameter> parameters_;
    std::vector<float> values_;
    uint64_t version_ = 1;
    mutable Pool<Pass> passes_;  // for run()
};

/// A run of a network over some images, in plain layout at both ends. Owns all that a run needs,
/// for use by one caller at a time, always in an arena as wide as the one it was made in.
class Pass {
  public:
    /// The network must outlive the pass.
    Pass(const Network& network, int64_t images, Mode mode);
    ~Pass();

    int64_t images() const { return images_; }
    Mode mode() const { return mode_; }

    /// src: images x C x H x W, which must stay until backward. Returns as many results, which stay
    /// until the next forward.
    std::span<const float> forward(const float* src);
    /// For the last forward. diff_src: null if not wanted; likewise gradients.
    void backward(const float* diff_dst, float* diff_src, const Gradients& gradients);

  private:
    const Network& network_;
    int64_t images_;
    Mode mode_;
    uint64_t version_ = 0;
    std::unique_ptr<BoundLayer> layers_;
    Memory src_;
    Memory dst_;        // as the last layer makes it
    Memory diff_dst_;   // so that layers may use it as scratch
    Memory plain_dst_;  // the same as dst_ if that is plain
    Reorder to_plain_;
    Reorder from_plain_;
};

}  // namespace models
