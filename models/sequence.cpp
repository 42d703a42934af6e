// See sequence.hpp. A bound sequence keeps what lies between its layers, and puts a reorder
// wherever two neighbours want different layouts.
#include "models/sequence.hpp"

#include <algorithm>
#include <array>

namespace models {
namespace {

class BoundReorder : public BoundLayer {
  public:
    BoundReorder(const Layout& src, const Layout& dst)
        : BoundLayer(src, dst), forward_(src, dst), backward_(dst, src) {}
    void forward(const Memory& src, const Memory& dst) override { forward_.run(src, dst); }
    void backward(const Memory&, const Memory&, const Memory& diff_dst, const Memory* diff_src,
                  const Gradients&) override {
        if (diff_src) backward_.run(diff_dst, *diff_src);
    }

  private:
    Reorder forward_;
    Reorder backward_;
};

class BoundSequence : public BoundLayer {
  public:
    struct Part {
        std::unique_ptr<BoundLayer> layer;
        int64_t offset;  // of its parameters
    };

    BoundSequence(const Layout& src, std::vector<Part> parts, Mode mode)
        : BoundLayer(src, parts.back().layer->dst()), parts_(std::move(parts)) {
        size_t largest = 0;
        for (size_t i = 0; i + 1 < parts_.size(); ++i) {
            const Layout& between = parts_[i].layer->dst();
            between_.emplace_back(between, cpu());
            largest = std::max(largest, between.get_size());
        }
        if (mode == Mode::inference) return;
        const Layout bytes({static_cast<int64_t>(largest / sizeof(float))}, Memory::data_type::f32,
                           Memory::format_tag::a);
        for (Memory& buffer : buffers_) buffer = Memory(bytes, cpu());
        for (const Memory& between : between_)  // gradients take turns in two buffers
            diff_between_.push_back(
                view(between.get_desc(), floats(buffers_[diff_between_.size() % 2])));
    }

    void load(const float* values) override {
        for (const Part& part : parts_) part.layer->load(values + part.offset);
    }

    void forward(const Memory& src, const Memory& dst) override {
        for (size_t i = 0; i < parts_.size(); ++i)
            parts_[i].layer->forward(before(i, src), after(i, dst));
    }

    void backward(const Memory& src, const Memory& dst, const Memory& diff_dst,
                  const Memory* diff_src, const Gradients& gradients) override {
        for (size_t i = parts_.size(); i-- > 0;) {
            const Memory& diff_after = i + 1 < parts_.size() ? diff_between_[i] : diff_dst;
            const Memory* diff_before = i > 0 ? &diff_between_[i - 1] : diff_src;
            const Gradients own = gradients.from(parts_[i].offset);
            parts_[i].layer->backward(before(i, src), after(i, dst), diff_after, diff_before, own);
            if (own.made) (*own.made)(own.offset);
        }
    }

  private:
    const Memory& before(size_t i, const Memory& src) const { return i ? between_[i - 1] : src; }
    const Memory& after(size_t i, const Memory& dst) const {
        return i + 1 < parts_.size() ? between_[i] : dst;
    }

    std::vector<Part> parts_;
    std::vector<Memory> between_;
    std::vector<Memory> diff_between_;
    std::array<Memory, 2> buffers_;
};

int64_t size_of(const std::vector<Parameter>& parameters) {
    int64_t size = 0;
    for (const Parameter& parameter : parameters) size += count(parameter.dims);
    return size;
}

}  // namespace

Dims Sequence::dst_dims(const Dims& src) const {
    Dims dims = src;
    for (const auto& layer : layers_) dims = layer->dst_dims(dims);
    return dims;
}

std::vector<Parameter> Sequence::parameters(const Dims& src) const {
    std::vector<Parameter> all;
    Dims dims = src;
    for (size_t i = 0; i < layers_.size(); ++i) {
        for (Parameter& parameter : layers_[i]->parameters(dims)) {
            parameter.name = std::to_string(i) + "." + parameter.name;
            all.push_back(std::move(parameter));
        }
        dims = layers_[i]->dst_dims(dims);
    }
    return all;
}

bool Sequence::separable() const {
    return std::all_of(layers_.begin(), layers_.end(),
                       [](const auto& layer) { return layer->separable(); });
}

std::unique_ptr<BoundLayer> Sequence::bind(const Layout& src, Mode mode) const {
    std::vector<BoundSequence::Part> parts;
    Layout layout = src;
    int64_t offset = 0;
    for (const auto& layer : layers_) {
        auto bound = layer->bind(layout, mode);
        if (bound->src() != layout)
            parts.push_back({std::make_unique<BoundReorder>(layout, bound->src()), offset});
        const Dims dims = layout.get_dims();
        layout = bound->dst();
        parts.push_back({std::move(bound), offset});
        offset += size_of(layer->parameters({dims.begin() + 1, dims.end()}));
    }
    return std::make_unique<BoundSequence>(src, std::move(parts), mode);
}

}  // namespace models
