// Gives images of 16 bits the scale of grey that encoding gives them, to train a codec on.
#include "nodes/grey_scale.hpp"

namespace nodes {
namespace {

class ScaleGrey : public graph::Node {
  public:
    ScaleGrey(const GreyScale& scale, const graph::Setup&) : scale_(scale) {}

    void receive(graph::Call& call) override {
        const auto image = call.shared<formats::Image>("image");
        if (image->type != formats::SampleType::u16 || image->samples.empty())
            return call.emit("image", image);
        formats::Image out = *image;
        const auto white = static_cast<float>(white_of({image.get(), 1}, scale_)) / 65535;
        for (float& sample : out.samples) sample = seen(sample, white, scale_.square_root);
        call.emit("image", std::move(out));
    }

  private:
    const GreyScale scale_;
};

const graph::Register node{[] {
    auto spec = graph::node<GreyScale, ScaleGrey>(
        {.name = "grey_scale",
         .doc = "Gives images of 16 bits the scale of grey that encode_frame gives them.",
         .group = "image",
         .inputs = {graph::port<formats::Image>(graph::Clock::item, "image", "of any type")},
         .outputs = {graph::port<formats::Image>(
             graph::Clock::item, "image", "from 0 to 1; those of other types are as they were")},
         .params = grey_scale_fields()});
    spec.shapes = [](const void*, const std::vector<graph::Shape>& inputs) { return inputs; };
    return spec;
}()};

}  // namespace
}  // namespace nodes
