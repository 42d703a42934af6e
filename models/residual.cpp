// A residual block: what the body makes is added to what it was made from.
#include "models/layers.hpp"
#include "models/model.hpp"
#include "models/sequence.hpp"

#include <algorithm>

namespace models {
namespace {

void add(const Memory& to, const Memory& what) {
    const auto size = static_cast<int64_t>(to.get_desc().get_size() / sizeof(float));
    float* sum = floats(to);
    const float* addend = floats(what);
    for (int64_t i = 0; i < size; ++i) sum[i] += addend[i];
}

class BoundResidual : public BoundLayer {
  public:
    BoundResidual(std::unique_ptr<BoundLayer> body, Mode mode)
        : BoundLayer(body->src(), body->src()),
          body_(std::move(body)),
          made_(body_->dst(), cpu()),
          to_src_(body_->dst(), src()) {
        if (mode == Mode::inference) return;
        diff_made_ = Memory(body_->dst(), cpu());
        from_src_ = Reorder(src(), body_->dst());
    }

    void load(const float* values) override { body_->load(values); }

    void forward(const Memory& src, const Memory& dst) override {
        body_->forward(src, made_);
        to_src_.run(made_, dst);
        add(dst, src);
    }

    void backward(const Memory& src, const Memory&, const Memory& diff_dst, const Memory* diff_src,
                  const Gradients& gradients) override {
        from_src_.run(diff_dst, diff_made_);  // a copy, which the body may use as scratch
        body_->backward(src, made_, diff_made_, diff_src, gradients);
        if (diff_src) add(*diff_src, diff_dst);
    }

  private:
    std::unique_ptr<BoundLayer> body_;
    Memory made_;
    Memory diff_made_;
    Reorder to_src_;
    Reorder from_src_;
};

class Residual : public Layer {
  public:
    explicit Residual(Layers body) : body_(std::move(body)) {}

    Dims dst_dims(const Dims& src) const override {
        if (body_.dst_dims(src) != src)
            throw ModelError("the body of a residual block changes the size or the channels");
        return src;
    }
    std::vector<Parameter> parameters(const Dims& src) const override {
        return body_.parameters(src);
    }
    bool separable() const override { return body_.separable(); }
    std::unique_ptr<BoundLayer> bind(const Layout& src, Mode mode) const override {
        return std::make_unique<BoundResidual>(body_.bind(src, mode), mode);
    }

  private:
    Sequence body_;
};

}  // namespace

LayerPointer residual(Layers body) { return std::make_shared<Residual>(std::move(body)); }

}  // namespace models
