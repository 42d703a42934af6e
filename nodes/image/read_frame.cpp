// Reads each TIFF file as one frame: all its pages, and what it says of them. Files are checked
// before memory is taken, because nobody vouches for them.
#include "formats/tiff_frame.hpp"
#include "nodes/frame.hpp"
#include "nodes/tiff_options.hpp"
#include "nodes/types.hpp"

namespace nodes {
namespace {

struct Params : TiffReading {
    Params() { colour = "keep"; }
};

formats::Frame read_frame(const Params& params, const File& file) {
    return formats::read_tiff_frame(file.path, params.options());
}

using graph::Clock;
const graph::Register node{[] {
    auto spec = graph::map<Params, File, formats::Frame>(
        {.name = "read_frame",
         .doc = "Reads frames from TIFF files: all pages, with resolution and description.",
         .group = "image",
         .inputs = {graph::port<File>(Clock::item, "file", "the file to read")},
         .outputs = {graph::port<formats::Frame>(Clock::item, "frame",
                                                 "the pages of the file, which must be alike")},
         .params = TiffReading::params<Params>()},
        read_frame);
    spec.peek = [](const void* params, const std::string& file) {
        const formats::Frame frame = read_frame(*static_cast<const Params*>(params), {file, ""});
        const formats::Image& page = frame.pages.front();
        return graph::Shape{int64_t{page.channels} * static_cast<int64_t>(frame.pages.size()),
                            page.height, page.width};
    };
    return spec;
}()};

}  // namespace
}  // namespace nodes
