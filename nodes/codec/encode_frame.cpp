// Makes a stream of each frame, at a quality, a rate or an error, with a frozen codec.
#include "nodes/frame_codec.hpp"

#include <bit>

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
        const auto fail = [&](const std::string& why) {
            throw graph::ConfigurationError(setup.id + ": " + why);
        };
        const models::FrozenCodec& frozen = *codec_.frozen;
        const double best = frozen.quality(frozen.levels() - 1);
        if (options_.quality > best)
            fail(fmt::format("quality {}: the model has 0 to {}", options_.quality, best));
        if (options_.target.bpp > 0 && options_.target.psnr > 0)
            fail("'target' takes either bpp or psnr, not both");
        if (options_.tile_size % frozen.stride() != 0 ||
            !std::has_single_bit(static_cast<unsigned>(options_.tile_size)))
            fail(fmt::format("tile_size {}: powers of 2 from 64 on are possible",
                             options_.tile_size));
        if (codec_.generative && !params.allow_generative)
            fail(params.model.string() +
                 " makes up detail that was not in the image; set 'allow_generative: true' if that "
                 "is wanted");
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
     .params = {
         param("model", &Params::model, "the file of a frozen codec"),
         param("quality", &Params::quality, Range{0, 15},
               "from 0 to one less than the model's qualities, in steps of 1/16"),
         graph::group(
             "target", &Params::target,
             {param("bpp", &RateTarget::bpp, Range{0, 64},
                    "bits for each pixel at most, all of the stream counted; 0: no matter"),
              param("psnr", &RateTarget::psnr, Range{0, 200},
                    "dB at least, with the largest value that the frame can hold as peak: 255, or "
                    "that of its brightest sample; 0: no matter")},
             "what each frame is to take or to reach; in place of 'quality'"),
         grey_scale_param(&Params::grey),
         param("tile_size", &Params::tile_size, Range{64, 1 << 21},
               "pixels along the sides of what is coded, and damaged, by itself"),
         param("allow_generative", &Params::allow_generative,
               "encode also with a model that makes up detail")}})};

}  // namespace
}  // namespace nodes
