// Makes frames of streams again, whole or a window of each.
#include "nodes/frame_codec.hpp"

namespace nodes {
namespace {

struct Params {
    std::filesystem::path model = "data/models";
    std::vector<int64_t> window;
    bool keep_damaged = false;
    int64_t max_samples = int64_t{1} << 28;
};

class DecodeFrame : public graph::Node {
  public:
    DecodeFrame(const Params& params, const graph::Setup& setup) : codecs_(params.model) {
        options_.keep_damaged = params.keep_damaged;
        options_.max_samples = static_cast<uint64_t>(params.max_samples);
        const auto& window = params.window;
        if (window.empty()) return;
        if (window.size() != 4)
            throw graph::ConfigurationError(
                fmt::format("{}: 'window' takes four numbers, [x, y, width, height], not {}",
                            setup.id, window.size()));
        const auto at = [&](size_t i) { return static_cast<uint64_t>(window[i]); };
        options_.window = FrameWindow{at(0), at(1), at(2), at(3)};
    }

    void receive(graph::Call& call) override {
        const auto& stream = call.input<EncodedFrame>("stream");
        const formats::Stream read =
            formats::read_stream(stream.bytes, stream.path, {options_.max_samples});
        DecodedFrame decoded =
            decode_frame(codecs_.of(read.header.model, stream.path), read, stream.path, options_);
        for (const Damage& damage : decoded.damage) call.warn(stream.path + ": " + text(damage));
        call.emit("frame", std::move(decoded.frame));
    }

  private:
    const Codecs codecs_;
    DecodeOptions options_;
};

using graph::param;
using graph::Range;
const graph::Register node{graph::node<Params, DecodeFrame>(
    {.name = "decode_frame",
     .doc = "Makes frames of streams again, and compares their pixels' digest.",
     .group = "codec",
     .inputs = {graph::port<EncodedFrame>(graph::Clock::item, "stream",
                                          "made with one of these models")},
     .outputs = {graph::port<formats::Frame>(graph::Clock::item, "frame",
                                             "in the type that the original had")},
     .params = {
         param("model", &Params::model,
               "the file of the frozen codec that made the streams, or a folder of several"),
         param("window", &Params::window, Range{0, 1e15},
               "[x, y, width, height]: of each frame only these pixels; empty: all"),
         param("keep_damaged", &Params::keep_damaged,
               "what can be decoded of damaged streams goes on, and a warning says where they are "
               "damaged; otherwise they are refused"),
         param("max_samples", &Params::max_samples, Range{1, 1e12},
               "refuse larger frames (pixels times channels times pages)")}})};

}  // namespace
}  // namespace nodes
