// Codes images with a frozen codec, at several qualities, to compare codecs.
#include "nodes/coded_image.hpp"
#include "nodes/frame_codec.hpp"

namespace nodes {
namespace {

struct Params {
    std::filesystem::path model = "data/models/fluorescence.h5";
    GreyScale grey;
    std::vector<double> qualities = {0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6, 6.5, 7};
};

class Code : public graph::Node {
  public:
    Code(const Params& params, const graph::Setup& setup)
        : qualities_(params.qualities),
          grey_(params.grey),
          codec_(std::make_shared<const Codec>(load_codec(params.model))) {
        const double best = codec_->frozen->quality(codec_->frozen->levels() - 1);
        for (const double quality : qualities_)
            if (quality > best)
                throw graph::ConfigurationError(
                    fmt::format("{}: quality {}: the model has 0 to {}", setup.id, quality, best));
    }

    void receive(graph::Call& call) override {
        const auto image = call.shared<formats::Image>("image");
        call.emit("coded",
                  code_image(
                      "ours", image, settings_for(*image, 16, qualities_),
                      [&](const formats::Image& original, double quality) {
                          return encode_frame(*codec_, {{original}, {}},
                                              {.quality = quality, .grey = grey_})
                              .bytes;
                      },
                      [codec = codec_](std::span<const std::byte> bytes) {
                          return decode_frame(*codec, bytes, "ours", {}).frame.pages.front();
                      }));
    }

  private:
    const std::vector<double> qualities_;
    const GreyScale grey_;
    const std::shared_ptr<const Codec> codec_;
};

using graph::Clock;
using graph::param;
const graph::Register node{graph::node<Params, Code>(
    {.name = "ours",
     .doc = "Codes images with a frozen codec.",
     .group = "codec",
     .inputs = {graph::port<formats::Image>(Clock::item, "image", "8 or 16 bits")},
     .outputs = {graph::port<CodedImage>(Clock::item, "coded", "one stream for each quality")},
     .params = {param("model", &Params::model, "the file of the frozen codec"),
                grey_scale_param(&Params::grey),
                param("qualities", &Params::qualities, graph::Range{0, 15}, "each a stream")}})};

}  // namespace
}  // namespace nodes
