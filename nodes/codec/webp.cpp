// Codes images as lossy WebP, at several qualities, to compare codecs.
#include "formats/webp.hpp"

#include "nodes/coded_image.hpp"

namespace nodes {
namespace {

struct Params {
    std::vector<double> qualities = {0, 2, 5, 9, 14, 20, 28, 37, 47, 57, 67, 76, 84, 91};
    int noise_shaping = 0;
    int filter_strength = 60;
    int filter_sharpness = 0;
};

class Code : public graph::Node {
  public:
    Code(const Params& params, const graph::Setup&) : params_(params) {}

    void receive(graph::Call& call) override {
        const auto image = call.shared<formats::Image>("image");
        call.emit("coded", code_image(
                               "webp", image, settings_for(*image, 8, params_.qualities),
                               [this](const formats::Image& original, double quality) {
                                   return formats::encode_webp(
                                       original, {.quality = quality,
                                                  .noise_shaping = params_.noise_shaping,
                                                  .filter_strength = params_.filter_strength,
                                                  .filter_sharpness = params_.filter_sharpness});
                               },
                               [](std::span<const std::byte> bytes) {
                                   return formats::decode_webp(bytes);
                               }));
    }

  private:
    const Params params_;
};

using graph::Clock;
using graph::param;
const graph::Register node{graph::node<Params, Code>(
    {.name = "webp",
     .doc = "Codes grey images as lossy WebP with libwebp, by its slowest method.",
     .group = "codec",
     .inputs = {graph::port<formats::Image>(Clock::item, "image",
                                            "grey, 8 bits; of 16 bits no stream is made")},
     .outputs = {graph::port<CodedImage>(Clock::item, "coded", "one stream for each setting")},
     .params = {param("qualities", &Params::qualities, graph::Range{0, 100}, "each a stream"),
                param("noise_shaping", &Params::noise_shaping, graph::Range{0, 100},
                      "errors are moved to where eyes miss them; 0: the least error"),
                param("filter_strength", &Params::filter_strength, graph::Range{0, 100},
                      "of the deblocking filter"),
                param("filter_sharpness", &Params::filter_sharpness, graph::Range{0, 7},
                      "of the deblocking filter; 0 is the sharpest")}})};

}  // namespace
}  // namespace nodes
