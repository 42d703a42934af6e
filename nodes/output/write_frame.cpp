// Writes each frame to a TIFF file of its own, named after the file that it came from: with its
// pages, sample type, resolution and description as they were.
#include "nodes/frame.hpp"
#include "nodes/output_files.hpp"
#include "nodes/tiff_options.hpp"

namespace nodes {
namespace {

struct Params : OutputFolder, TiffWriting {
    Params() { folder = "frames"; }
};

class WriteFrame : public graph::Node {
  public:
    WriteFrame(const Params& params, const graph::Setup& setup)
        : options_(params.options()), files_(params, setup) {}

    void receive(graph::Call& call) override {
        const auto& frame = call.input<formats::Frame>("frame");
        formats::write_tiff(files_.next(frame.path(), 0, ".tif", call.stamp().pass), frame,
                            options_);
    }

  private:
    const formats::TiffWriteOptions options_;
    OutputFiles files_;
};

const graph::Register node{graph::ordered_node<Params, WriteFrame>(
    {.name = "write_frame",
     .doc = "Writes each frame to a TIFF file, never over the originals.",
     .group = "output",
     .inputs = {graph::port<formats::Frame>(graph::Clock::item, "frame", "what to write")},
     .params = OutputFolder::params<Params>(TiffWriting::params<Params>())})};

}  // namespace
}  // namespace nodes
