// Takes batches apart again: from what networks give to what files are written from.
#include "nodes/types.hpp"

namespace nodes {
namespace {

class Unbatch : public graph::Node {
  public:
    Unbatch(const graph::NoParams&, const graph::Setup&) {}

    void receive(graph::Call& call) override {
        const auto& batch = call.input<Batch>("images");
        const auto& dims = batch.images.dims;
        const auto size = static_cast<std::ptrdiff_t>(dims[1] * dims[2] * dims[3]);
        std::vector<formats::Image> images;
        auto first = batch.images.values.begin();
        for (const ImageInfo& info : batch.infos) {
            images.push_back({.channels = static_cast<int>(dims[1]),
                              .height = static_cast<int>(dims[2]),
                              .width = static_cast<int>(dims[3]),
                              .samples = {first, first + size},
                              .type = info.type,
                              .path = info.path,
                              .page = info.page,
                              .sha256 = info.sha256});
            first += size;
        }
        call.emit_parts("image", std::move(images));
    }
};

const graph::Register node{[] {
    auto spec = graph::node<graph::NoParams, Unbatch>(
        {.name = "unbatch",
         .doc = "Takes batches apart into images.",
         .group = "image",
         .inputs = {graph::port<Batch>(graph::Clock::batch, "images", "of any size")},
         .outputs = {graph::port<formats::Image>(graph::Clock::item, "image",
                                                 "each image of the batch, in its order")}});
    spec.makes_parts = true;
    spec.shapes = [](const void*, const std::vector<graph::Shape>& inputs) { return inputs; };
    return spec;
}()};

}  // namespace
}  // namespace nodes
