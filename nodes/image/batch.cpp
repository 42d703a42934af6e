// Puts images together into batches, as networks take them, in the order of their stamps. The last
// batch of a pass may be short; no image is dropped.
#include "nodes/types.hpp"

#include <algorithm>
#include <cmath>

namespace nodes {
namespace {

struct Params {
    int size = 8;
};

std::string size_of(const models::Dims& dims) {
    return fmt::format("{}x{} with {} channel{}", dims[2], dims[1], dims[0],
                       dims[0] == 1 ? "" : "s");
}

class MakeBatch : public graph::Node {
  public:
    MakeBatch(const Params& params, const graph::Setup&)
        : size_(static_cast<size_t>(params.size)) {}

    void receive(graph::Call& call) override {
        const auto& image = call.input<formats::Image>("image");
        check(image);
        if (batch_.infos.empty()) batch_.images.values.reserve(size_ * image.samples.size());
        auto& values = batch_.images.values;
        values.insert(values.end(), image.samples.begin(), image.samples.end());
        batch_.infos.push_back(
            {image.path, image.sha256, image.page, call.pass().split, image.type});
        if (batch_.infos.size() == size_) flush(call);
    }

    void end(graph::Call& call) override {
        if (!batch_.infos.empty()) flush(call);
    }

  private:
    void check(const formats::Image& image) {
        const models::Dims dims{image.channels, image.height, image.width};
        if (dims_.empty()) dims_ = dims;
        if (dims != dims_)
            throw std::runtime_error(
                fmt::format("images of one batch must be of one size, but this one is {} and those "
                            "before were {}: put a 'resize' before 'batch'",
                            size_of(dims), size_of(dims_)));
        // Not by the least and the largest, which a value that is no number is neither of.
        const bool fits = std::all_of(image.samples.begin(), image.samples.end(),
                                      [](float value) { return value >= 0 && value <= 1; });
        if (fits) return;
        if (std::any_of(image.samples.begin(), image.samples.end(),
                        [](float value) { return std::isnan(value); }))
            throw std::runtime_error("a value of the image is not a number");
        const auto [low, high] = std::minmax_element(image.samples.begin(), image.samples.end());
        throw std::runtime_error(
            fmt::format("the image's values reach from {} to {}, but networks take 0 to 1: put "
                        "a 'normalise' before 'batch'",
                        *low, *high));
    }

    void flush(graph::Call& call) {
        batch_.images.dims = {static_cast<int64_t>(batch_.infos.size()), dims_[0], dims_[1],
                              dims_[2]};
        call.emit("images", std::exchange(batch_, {}));
    }

    const size_t size_;
    models::Dims dims_;  // of every image
    Batch batch_;
};

const graph::Register node{[] {
    auto spec = graph::ordered_node<Params, MakeBatch>(
        {.name = "batch",
         .doc = "Puts images of one size together into batches.",
         .group = "image",
         .inputs = {graph::port<formats::Image>(graph::Clock::item, "image", "all of one size")},
         .outputs = {graph::port<Batch>(graph::Clock::batch, "images",
                                        "`size` images; fewer at the end of a pass")},
         .params = {graph::param("size", &Params::size, graph::Range{1, 65536},
                                 "how many images to a batch")}});
    spec.reindexes = true;
    spec.holds = [](const void* params) {
        return static_cast<size_t>(static_cast<const Params*>(params)->size);
    };
    spec.shapes = [](const void*, const std::vector<graph::Shape>& inputs) { return inputs; };
    return spec;
}()};

}  // namespace
}  // namespace nodes
