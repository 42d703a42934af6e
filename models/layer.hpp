// The contract of a layer: a description that many may share, and what it becomes once bound to a
// source of one shape. Layers own no weights; they are given them as one flat run of plain floats,
// so that optimisers, checkpoints and sums over portions of a batch are each one pass over memory.
#pragma once

#include "models/onednn.hpp"
#include "models/tensor.hpp"

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace models {

enum class Mode { training, inference };

/// A named run of values that a layer needs.
struct Parameter {
    enum class Role {
        weights,  // initialised by fan-in and fan-out
        bias,     // starts at 0
        scale,    // starts at 1
        mean,     // starts at 0, not trained: moves towards what backward leaves as its gradient
        variance  // starts at 1, otherwise as mean
    };
    std::string name;  // "weights"; a network puts the layer's place before it
    Dims dims;         // of the plain layout: output channels, input channels, height, width
    Role role = Role::weights;
    bool streams = false;  // its gradient goes to Gradients::take, if that is set

    bool trained() const { return role != Role::mean && role != Role::variance; }
};

/// Takes a tile of a gradient as soon as it is made, so that a large one never goes to memory:
/// gradients of the parameter values from `offset` on. Called from several threads at once, for
/// tiles that do not overlap.
using TakeTile = std::function<void(int64_t offset, std::span<const float> tile)>;

/// Hears that the gradients of all parameters from `offset` on are made, for the network's present
/// run; offsets fall as backward goes on.
using Made = std::function<void(int64_t offset)>;

/// Where the gradients of a layer's parameters go.
struct Gradients {
    float* values = nullptr;         // as the parameters lie; null: they are not wanted
    const TakeTile* take = nullptr;  // if set, parameters that stream give theirs here instead
    int64_t offset = 0;              // of the layer's first parameter, for take and made
    const Made* made = nullptr;      // if set, sequences call it after each of their layers

    explicit operator bool() const { return values || take; }
    Gradients from(int64_t shift) const {
        return {values ? values + shift : nullptr, take, offset + shift, made};
    }
};

/// A layer for sources of one shape: it owns its primitives and what it remembers between forward
/// and backward, and serves one caller at a time.
class BoundLayer {
  public:
    BoundLayer(Layout src, Layout dst) : src_(std::move(src)), dst_(std::move(dst)) {}
    virtual ~BoundLayer() = default;
    BoundLayer(const BoundLayer&) = delete;
    BoundLayer& operator=(const BoundLayer&) = delete;

    /// The layouts that it wants and makes; gradients of src and dst have the same.
    const Layout& src() const { return src_; }
    const Layout& dst() const { return dst_; }

    /// Takes the values of its parameters, one after the other; called again when they have
    /// changed. They stay where they are until then, so that a layer may keep the pointer.
    virtual void load(const float*) {}
    virtual void forward(const Memory& src, const Memory& dst) = 0;
    /// The gradients for what the last forward got and made. May use diff_dst as scratch.
    /// diff_src: null if it is not wanted. Gradients are set, not added to.
    virtual void backward(const Memory& src, const Memory& dst, const Memory& diff_dst,
                          const Memory* diff_src, const Gradients& gradients) = 0;

  private:
    Layout src_;
    Layout dst_;
};

class Layer {
  public:
    virtual ~Layer() = default;

    /// C, H, W of what it makes of a source of C, H, W. Throws ModelError if that does not fit.
    virtual Dims dst_dims(const Dims& src) const = 0;
    virtual std::vector<Parameter> parameters(const Dims& /*src*/) const { return {}; }
    /// Whether each image's result depends on that image only, and the layer is as fast on one
    /// image and thread as on a whole batch with all: then batches are cut into portions.
    virtual bool separable() const { return true; }
    /// src: N, C, H, W in the layout in which the source comes; BoundLayer::src() may differ. Must
    /// be called in the arena in which the bound layer will run.
    virtual std::unique_ptr<BoundLayer> bind(const Layout& src, Mode mode) const = 0;
};

using Layers = std::vector<std::shared_ptr<const Layer>>;

}  // namespace models
