// What a pipeline's tests can feed (graph/inspect.hpp): files, and images that are made, so that a
// test needs no files.
#include "formats/digest.hpp"
#include "formats/tiff_frame.hpp"
#include "graph/inspect.hpp"
#include "nodes/frame.hpp"
#include "nodes/types.hpp"

#include <span>

namespace nodes {
namespace {

using graph::Feed;
using graph::param;
using graph::Range;

struct FedFile {
    std::filesystem::path file;
};

File feed_file(const FedFile& given, const graph::Call& call) {
    return {given.file.string(), call.pass().split};
}

struct FedImage {
    std::filesystem::path file;
    int width = 64;
    int height = 64;
    int channels = 1;
    int bits = 8;
    std::string pattern = "even";
    double value = 0.5;
};

std::vector<graph::Param> image_params() {
    return {param("file", &FedImage::file, "a TIFF, in place of one that is made"),
            param("width", &FedImage::width, Range{1, 65536}, "in pixels"),
            param("height", &FedImage::height, Range{1, 65536}, "in pixels"),
            param("channels", &FedImage::channels, Range{1, 16}, "all alike, but of noise"),
            param("bits", &FedImage::bits, Range{8, 16}, "8 or 16"),
            param("pattern", &FedImage::pattern, graph::Choice{{"even", "ramp", "noise"}},
                  "one value; black at the left to white at the right; or random"),
            param("value", &FedImage::value, Range{0, 1}, "of pattern even, from black to white")};
}

formats::Image make_image(const FedImage& given, const graph::Call& call) {
    formats::Image image;
    image.channels = given.channels;
    image.height = given.height;
    image.width = given.width;
    image.type = given.bits > 8 ? formats::SampleType::u16 : formats::SampleType::u8;
    image.path = fmt::format("made_{}.tif", call.stamp().index + 1);
    image.samples.resize(static_cast<size_t>(given.channels) * given.height * given.width);
    graph::Random random = call.random();
    for (size_t i = 0; i < image.samples.size(); ++i) {
        const auto x = static_cast<double>(i % static_cast<size_t>(given.width));
        double value = given.value;
        if (given.pattern == "ramp") value = given.width > 1 ? x / (given.width - 1) : 0;
        if (given.pattern == "noise") value = random.uniform();
        // What a file of that type could hold.
        const auto unit = static_cast<float>(value);
        image.samples[i] = given.bits > 8 ? formats::to_unit(formats::to_stored<uint16_t>(unit))
                                          : formats::to_unit(formats::to_stored<uint8_t>(unit));
    }
    image.sha256 = formats::sha256(std::as_bytes(std::span<const float>(image.samples)));
    return image;
}

formats::Image feed_image(const FedImage& given, const graph::Call& call) {
    if (given.file.empty()) return make_image(given, call);
    return formats::read_tiff(given.file, 0, {.colour = formats::Colour::keep});
}

formats::Frame feed_frame(const FedImage& given, const graph::Call& call) {
    if (given.file.empty()) return {{make_image(given, call)}, {}};
    return formats::read_tiff_frame(given.file);
}

const Feed<File, FedFile> file{
    {graph::required(param("file", &FedFile::file, "the file that is named"))}, feed_file};
const Feed<formats::Image, FedImage> image{image_params(), feed_image};
const Feed<formats::Frame, FedImage> frame{image_params(), feed_frame};

}  // namespace
}  // namespace nodes
