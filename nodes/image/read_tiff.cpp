// Reads TIFF files, the first page or all of them: from a file's name to pixels. Files are checked
// before memory is taken, because nobody vouches for them.
#include "formats/tiff_reader.hpp"
#include "nodes/types.hpp"

namespace nodes {
namespace {

struct Params {
    std::string pages = "first";
    std::string colour = "refuse";
    int64_t max_samples = int64_t{1} << 28;
    double max_ratio = 1000;
    int max_pages = 1000;
};

formats::TiffOptions options(const Params& params) {
    formats::TiffOptions options;
    options.colour = params.colour == "luminance" ? formats::Colour::luminance
                     : params.colour == "keep"    ? formats::Colour::keep
                                                  : formats::Colour::refuse;
    options.max_samples = static_cast<uint64_t>(params.max_samples);
    options.max_ratio = params.max_ratio;
    options.max_pages = params.max_pages;
    return options;
}

class ReadTiff : public graph::Node {
  public:
    ReadTiff(const Params& params, const graph::Setup&)
        : options_(options(params)), all_(params.pages == "all") {}

    void receive(graph::Call& call) override {
        const std::string& path = call.input<File>("file").path;
        std::vector<formats::Image> images;
        if (all_) {
            const formats::TiffFile file(path, options_);
            for (int page = 0; page < file.pages(); ++page) images.push_back(file.read(page));
        } else {
            images.push_back(formats::read_tiff(path, 0, options_));
        }
        call.emit_parts("image", std::move(images));
    }

  private:
    const formats::TiffOptions options_;
    const bool all_;
};

using graph::param;
const graph::Register node{[] {
    auto spec = graph::node<Params, ReadTiff>(
        {.name = "read_tiff",
         .doc = "Reads images from TIFF files: 1 to 16 bits or float, any compression of libtiff.",
         .group = "image",
         .inputs = {graph::port<File>(graph::Clock::item, "file", "the file to read")},
         .outputs = {graph::port<formats::Image>(graph::Clock::item, "image",
                                                 "each page, black at 0 and full scale at 1")},
         .params = {
             param("pages", &Params::pages, graph::Choice{{"first", "all"}},
                   "the pages of a file to read; each is an image"),
             param("colour", &Params::colour, graph::Choice{{"refuse", "luminance", "keep"}},
                   "what to do with colour: refuse the file, make it grey, or keep the channels"),
             param("max_samples", &Params::max_samples, graph::Range{1, 1e12},
                   "refuse larger pages (pixels times channels)"),
             param("max_ratio", &Params::max_ratio, graph::Range{1, 1e9},
                   "refuse large pages that decode to more bytes than so many per stored byte"),
             param("max_pages", &Params::max_pages, graph::Range{1, 65535},
                   "refuse files of more pages")}});
    spec.makes_parts = true;
    spec.shapes = [](const void* params, const std::vector<graph::Shape>&) {
        const bool grey = static_cast<const Params*>(params)->colour != "keep";
        return std::vector<graph::Shape>{{grey ? 1 : -1, -1, -1}};
    };
    return spec;
}()};

}  // namespace
}  // namespace nodes
