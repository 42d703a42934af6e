// Reads TIFF files, the first page or all of them: from a file's name to pixels. Files are checked
// before memory is taken, because nobody vouches for them.
#include "nodes/tiff_options.hpp"
#include "nodes/types.hpp"

namespace nodes {
namespace {

struct Params : TiffReading {
    Params() = default;  // no aggregate: of those g++ 12 says that they may be uninitialised
    std::string pages = "first";
};

class ReadTiff : public graph::Node {
  public:
    ReadTiff(const Params& params, const graph::Setup&)
        : options_(params.options()), all_(params.pages == "all") {}

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
         .params = TiffReading::params<Params>(
             {param("pages", &Params::pages, graph::Choice{{"first", "all"}},
                    "the pages of a file to read; each is an image")})});
    spec.makes_parts = true;
    spec.parts = [](const void* params, const graph::Shape&) -> size_t {
        return static_cast<const Params*>(params)->pages == "first" ? 1 : 0;
    };
    spec.peek = [](const void* params, const std::string& file) {
        const auto& p = *static_cast<const Params*>(params);
        const formats::Image image = formats::read_tiff(file, 0, p.options());
        const int pages = p.pages == "first" ? 1 : formats::tiff_pages(file, p.options());
        return graph::Shape{int64_t{image.channels} * pages, image.height, image.width};
    };
    spec.shapes = [](const void* params, const std::vector<graph::Shape>&) {
        const bool grey = static_cast<const Params*>(params)->colour != "keep";
        return std::vector<graph::Shape>{{grey ? 1 : -1, -1, -1}};
    };
    return spec;
}()};

}  // namespace
}  // namespace nodes
