// Batch and instance normalisation by oneDNN: the same arithmetic, over the whole batch or over one
// image at a time.
#include "models/layers.hpp"
#include "models/model.hpp"

#include <algorithm>

namespace models {
namespace {

using Forward = dnnl::batch_normalization_forward::primitive_desc;
using Backward = dnnl::batch_normalization_backward::primitive_desc;

constexpr float epsilon = 1e-5F;

class BoundNormalisation : public BoundLayer {
  public:
    /// group: the layout of as many images as are normalised together. kept: whether averages are
    /// among the parameters; use_kept: whether they are used instead of the group's own.
    BoundNormalisation(const Layout& src, const Layout& group, bool kept, bool use_kept, Mode mode)
        : BoundLayer(src, src),
          group_(group),
          groups_(src.get_dims()[0] / group.get_dims()[0]),
          channels_(src.get_dims()[1]),
          pixels_(count(group.get_dims()) / channels_),
          kept_(kept),
          use_kept_(use_kept),
          per_channel_(plain({channels_})),
          diff_scale_(static_cast<size_t>(channels_)),
          diff_bias_(static_cast<size_t>(channels_)) {
        using Flags = dnnl::normalization_flags;
        auto flags = Flags::use_scale | Flags::use_shift;
        if (use_kept) flags |= Flags::use_global_stats;
        const auto kind =
            use_kept ? dnnl::prop_kind::forward_inference : dnnl::prop_kind::forward_training;
        const Forward forward(cpu(), kind, group, group, epsilon, flags, attributes());
        forward_ = Primitive(forward);
        if (mode == Mode::training)
            backward_ = Primitive(Backward(cpu(), dnnl::prop_kind::backward, group, group, group,
                                           epsilon, flags, forward, attributes()));
        means_.resize(static_cast<size_t>(groups_ * channels_));
        variances_.resize(means_.size());
    }

    void load(const float* values) override { values_ = values; }

    void forward(const Memory& src, const Memory& dst) override {
        for (int64_t i = 0; i < groups_; ++i)
            forward_.run({{DNNL_ARG_SRC, images(src, i)},
                          {DNNL_ARG_DST, images(dst, i)},
                          {DNNL_ARG_SCALE, view(per_channel_, values_)},
                          {DNNL_ARG_SHIFT, view(per_channel_, values_ + channels_)},
                          {DNNL_ARG_MEAN, mean(i)},
                          {DNNL_ARG_VARIANCE, variance(i)}});
    }

    void backward(const Memory& src, const Memory&, const Memory& diff_dst, const Memory* diff_src,
                  const Gradients& gradients) override {
        if (gradients) std::fill_n(gradients.values, 2 * channels_, 0.F);
        for (int64_t i = 0; i < groups_; ++i) {
            backward_.run({{DNNL_ARG_SRC, images(src, i)},
                           {DNNL_ARG_DIFF_DST, images(diff_dst, i)},
                           {DNNL_ARG_DIFF_SRC, images(diff_src ? *diff_src : diff_dst, i)},
                           {DNNL_ARG_SCALE, view(per_channel_, values_)},
                           {DNNL_ARG_MEAN, mean(i)},
                           {DNNL_ARG_VARIANCE, variance(i)},
                           {DNNL_ARG_DIFF_SCALE, view(per_channel_, diff_scale_.data())},
                           {DNNL_ARG_DIFF_SHIFT, view(per_channel_, diff_bias_.data())}});
            if (gradients) add_to(gradients.values);
        }
        if (gradients && kept_) observe(gradients.values + 2 * channels_);
    }

  private:
    Memory images(const Memory& of, int64_t i) const {
        const auto floats_each = static_cast<int64_t>(group_.get_size() / sizeof(float));
        return view(group_, floats(of) + i * floats_each);
    }
    Memory mean(int64_t i) const {
        return view(per_channel_, use_kept_ ? values_ + 2 * channels_ : &means_[at(i)]);
    }
    Memory variance(int64_t i) const {
        return view(per_channel_, use_kept_ ? values_ + 3 * channels_ : &variances_[at(i)]);
    }
    size_t at(int64_t i) const { return static_cast<size_t>(i * channels_); }

    void add_to(float* gradients) const {
        for (int64_t i = 0; i < channels_; ++i) {
            gradients[i] += diff_scale_[static_cast<size_t>(i)];
            gradients[channels_ + i] += diff_bias_[static_cast<size_t>(i)];
        }
    }

    /// What the kept averages move towards; the variance is the unbiased one, as in PyTorch.
    void observe(float* averages) const {
        const float unbiased = static_cast<float>(pixels_) / static_cast<float>(pixels_ - 1);
        std::copy(means_.begin(), means_.end(), averages);
        for (int64_t i = 0; i < channels_; ++i)
            averages[channels_ + i] = unbiased * variances_[static_cast<size_t>(i)];
    }

    Layout group_;
    int64_t groups_;
    int64_t channels_;
    int64_t pixels_;  // of a channel, in a group
    bool kept_;
    bool use_kept_;
    Layout per_channel_;
    Primitive forward_;
    Primitive backward_;
    const float* values_ = nullptr;  // scale, bias, and mean and variance if they are kept
    std::vector<float> means_;       // of each group
    std::vector<float> variances_;
    std::vector<float> diff_scale_;  // of one group
    std::vector<float> diff_bias_;
};

class Normalisation : public Layer {
  public:
    explicit Normalisation(bool over_batch) : over_batch_(over_batch) {}

    Dims dst_dims(const Dims& src) const override {
        if (!over_batch_ && src[1] * src[2] < 2)
            throw ModelError("instance_norm of a single pixel is zero; use batch_norm there");
        return src;
    }
    std::vector<Parameter> parameters(const Dims& src) const override {
        using Role = Parameter::Role;
        std::vector<Parameter> list{{"scale", {src[0]}, Role::scale},
                                    {"bias", {src[0]}, Role::bias}};
        if (over_batch_) {
            list.push_back({"mean", {src[0]}, Role::mean});
            list.push_back({"variance", {src[0]}, Role::variance});
        }
        return list;
    }
    bool separable() const override { return !over_batch_; }

    std::unique_ptr<BoundLayer> bind(const Layout& src, Mode mode) const override {
        Dims dims = src.get_dims();
        const bool use_kept = over_batch_ && mode == Mode::inference;
        if (over_batch_)
            return std::make_unique<BoundNormalisation>(src, src, true, use_kept, mode);
        dims[0] = 1;
        const Layout one = src.submemory_desc(dims, {0, 0, 0, 0});
        return std::make_unique<BoundNormalisation>(src, one, false, false, mode);
    }

  private:
    bool over_batch_;
};

}  // namespace

LayerPointer batch_norm() { return std::make_shared<Normalisation>(true); }
LayerPointer instance_norm() { return std::make_shared<Normalisation>(false); }

}  // namespace models
