// Makes a stream of each frame, at a quality, a rate or an error, with a frozen codec.
#include "nodes/encoding.hpp"

namespace nodes {
namespace {

struct Params {
    std::filesystem::path model = "data/models/fluorescence.h5";
    double quality = EncodeOptions{}.quality;
    RateTarget target;
    GreyScale grey;
    int tile_size = EncodeOptions{}.tile_size;
    bool allow_generative = false;
};

double pixels(const formats::Frame& frame) {
    const formats::Image& first = frame.pages.front();
    return static_cast<double>(frame.pages.size()) * first.width * first.height;
}

class EncodeFrame : public graph::Node {
  public:
    EncodeFrame(const Params& params, const graph::Setup& setup)
        : options_{params.quality, params.target, params.tile_size, params.grey},
          codec_(load_codec(params.model)) {
        check_encoding(codec_, options_, params.allow_generative, params.model, setup.id);
    }

    void receive(graph::Call& call) override {
        const auto& frame = call.input<formats::Frame>("frame");
        EncodedStream stream = encode_frame(codec_, frame, options_);
        if (!stream.meets_target)
            call.warn(fmt::format(
                "{}: at quality {}, the {} of the model, it takes {:.3f} bits per pixel for {:.1f} "
                "dB: the target is not met",
                frame.path(), stream.quality, options_.target.psnr > 0 ? "best" : "lowest",
                8 * static_cast<double>(stream.bytes.size()) / pixels(frame), stream.psnr));
        call.emit("stream", EncodedFrame{std::move(stream.bytes), frame.path()});
    }

  private:
    const EncodeOptions options_;
    const Codec codec_;
};

using graph::param;
using graph::Range;
const graph::Register node{graph::node<Params, EncodeFrame>(
    {.name = "encode_frame",
     .doc = "Makes a stream of each frame, which decodes to the same pixels on every machine.",
     .group = "codec",
     .inputs = {graph::port<formats::Frame>(graph::Clock::item, "frame",
                                            "of 8 or 16 bits, any number of pages and channels")},
     .outputs = {graph::port<EncodedFrame>(graph::Clock::item, "stream", "see formats/stream.md")},
     .params = {param("model", &Params::model, "the file of a frozen codec"),
                param("quality", &Params::quality, Range{0, 15},
                      "from 0 to one less than the model's qualities, in steps of 1/16"),
                rate_target_param(&Params::target), grey_scale_param(&Params::grey),
                tile_size_param(&Params::tile_size),
                param("allow_generative", &Params::allow_generative,
                      "encode also with a model that makes up detail")}})};

}  // namespace
}  // namespace nodes
