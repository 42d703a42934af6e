// Writes each image to a file of its own, named after the file that it came from.
#include "formats/png_writer.hpp"
#include "nodes/output_files.hpp"
#include "nodes/tiff_options.hpp"
#include "nodes/types.hpp"

namespace nodes {
namespace {

struct Params : OutputFolder, TiffWriting {
    Params() { folder = "images"; }
    std::string format = "tiff";
    std::string bits = "same";
};

class WriteImage : public graph::Node {
  public:
    WriteImage(const Params& params, const graph::Setup& setup)
        : params_(params), files_(params, setup) {
        if (params.format == "png" && params.bits == "float")
            throw graph::ConfigurationError(setup.id + ": PNG has no float; use 'format: tiff'");
    }

    void receive(graph::Call& call) override {
        formats::Image image = call.input<formats::Image>("image");
        const bool png = params_.format == "png";
        const auto file =
            files_.next(image.path, image.page, png ? ".png" : ".tif", call.stamp().pass);
        if (params_.bits == "8") image.type = formats::SampleType::u8;
        if (params_.bits == "16") image.type = formats::SampleType::u16;
        if (params_.bits == "float") image.type = formats::SampleType::f32;
        if (png)
            formats::write_png(file, image);
        else
            formats::write_tiff(file, image, params_.options());
    }

  private:
    const Params params_;
    OutputFiles files_;
};

using graph::param;
const graph::Register node{[] {
    auto spec = graph::ordered_node<Params, WriteImage>(
        {.name = "write_image",
         .doc = "Writes each image to a TIFF or PNG file, never over the originals.",
         .group = "output",
         .inputs = {graph::port<formats::Image>(graph::Clock::item, "image", "what to write")},
         .params = OutputFolder::params<Params>(TiffWriting::params<Params>(
             {param("format", &Params::format, graph::Choice{{"tiff", "png"}}, "of the files"),
              param("bits", &Params::bits, graph::Choice{{"same", "8", "16", "float"}},
                    "of each pixel; same: as the original had")}))});
    spec.writes = OutputFolder::writes<Params>;
    return spec;
}()};

}  // namespace
}  // namespace nodes
