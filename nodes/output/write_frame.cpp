// Writes each frame to a TIFF file of its own, named after the file that it came from: with its
// pages, sample type, resolution and description as they were.
#include "formats/error.hpp"
#include "formats/tiff_frame.hpp"
#include "nodes/frame.hpp"
#include "nodes/output_files.hpp"
#include "nodes/tiff_options.hpp"

namespace nodes {
namespace {

struct Params : OutputFolder, TiffWriting {
    Params() { folder = "frames"; }
    bool overwrite = false;
};

class WriteFrame : public graph::Node {
  public:
    WriteFrame(const Params& params, const graph::Setup& setup)
        : options_(params.options()), overwrite_(params.overwrite), files_(params, setup) {}

    void receive(graph::Call& call) override {
        const auto& frame = call.input<formats::Frame>("frame");
        const auto file = files_.next(frame.path(), 0, ".tif", call.stamp().pass);
        // It may be an original that the frame's stream was made of.
        if (!overwrite_ && std::filesystem::exists(file)) {
            formats::TiffOptions all;
            all.colour = formats::Colour::keep;
            if (same_content(formats::read_tiff_frame(file, all), frame)) return;
            throw formats::FormatError(file.string() +
                                       " is there already, with other content, and was left as "
                                       "it is: give another folder, or set 'overwrite: true'");
        }
        formats::write_tiff(file, frame, options_);
    }

  private:
    const formats::TiffWriteOptions options_;
    const bool overwrite_;
    OutputFiles files_;
};

const graph::Register node{[] {
    auto spec = graph::ordered_node<Params, WriteFrame>(
        {.name = "write_frame",
         .doc = "Writes each frame to a TIFF file, never over the originals.",
         .group = "output",
         .inputs = {graph::port<formats::Frame>(graph::Clock::item, "frame", "what to write")},
         .params = OutputFolder::params<Params>([] {
             auto params = TiffWriting::params<Params>();
             params.push_back(
                 graph::param("overwrite", &Params::overwrite,
                              "replace files that are there with other content; otherwise "
                              "they are left, and their frames set aside as bad"));
             return params;
         }())});
    spec.writes = OutputFolder::writes<Params>;
    return spec;
}()};

}  // namespace
}  // namespace nodes
