// Codes images as JPEG, at several qualities, to compare codecs.
#include "formats/jpeg.hpp"

#include "nodes/coded_image.hpp"

namespace nodes {
namespace {

struct Params {
    std::vector<double> qualities = {1, 2, 3, 4, 5, 7, 9, 12, 16, 22, 30, 42, 58, 75};
    bool progressive = true;
    std::string steps = "flat";
};

class Code : public graph::Node {
  public:
    Code(const Params& params, const graph::Setup&) : params_(params) {}

    void receive(graph::Call& call) override {
        const auto image = call.shared<formats::Image>("image");
        call.emit(
            "coded",
            code_image(
                "jpeg", image, settings_for(*image, 8, params_.qualities),
                [this](const formats::Image& original, double quality) {
                    return formats::encode_jpeg(original, {.quality = static_cast<int>(quality),
                                                           .progressive = params_.progressive,
                                                           .flat_steps = params_.steps == "flat"});
                },
                [](std::span<const std::byte> bytes) { return formats::decode_jpeg(bytes); }));
    }

  private:
    const Params params_;
};

using graph::Clock;
using graph::param;
const graph::Register node{graph::node<Params, Code>(
    {.name = "jpeg",
     .doc = "Codes grey images as JPEG with libjpeg-turbo.",
     .group = "codec",
     .inputs = {graph::port<formats::Image>(Clock::item, "image",
                                            "grey, 8 bits; of 16 bits no stream is made")},
     .outputs = {graph::port<CodedImage>(Clock::item, "coded", "one stream for each setting")},
     .params = {
         param("qualities", &Params::qualities, graph::Range{1, 100},
               "whole numbers, each a stream"),
         param("progressive", &Params::progressive, "several scans, which are smaller than one"),
         param("steps", &Params::steps, graph::Choice{{"flat", "standard"}},
               "of quantisation: the same at all frequencies, for the least squared error, or "
               "those of the standard's annex K")}})};

}  // namespace
}  // namespace nodes
