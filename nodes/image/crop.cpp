// Cuts windows out of images, at random or on a grid: many small images to train on, or tiles that
// cover a whole frame.
#include "nodes/types.hpp"

namespace nodes {
namespace {

struct Params {
    std::string mode = "random";
    int width = 128;
    int height = 128;
    int count = 4;
    int stride = 0;
};

formats::Image window(const formats::Image& image, int left, int top, const Params& params) {
    formats::Image part{image.channels, params.height, params.width, {},
                        image.type,     image.path,    image.page,   image.sha256};
    part.samples.reserve(static_cast<size_t>(part.channels) * part.height * part.width);
    for (int c = 0; c < image.channels; ++c)
        for (int y = 0; y < params.height; ++y) {
            const size_t row = (static_cast<size_t>(c) * image.height + top + y) * image.width;
            const float* first = image.samples.data() + row + left;
            part.samples.insert(part.samples.end(), first, first + params.width);
        }
    return part;
}

/// Where windows begin along one side; the last one is moved back to the edge, so that nothing is
/// left out.
std::vector<int> starts(int length, int window, int stride) {
    std::vector<int> list;
    for (int at = 0; at + window < length; at += stride) list.push_back(at);
    list.push_back(length - window);
    return list;
}

class Crop : public graph::Node {
  public:
    Crop(const Params& params, const graph::Setup&) : params_(params) {}

    void receive(graph::Call& call) override {
        const auto& image = call.input<formats::Image>("image");
        if (image.width < params_.width || image.height < params_.height)
            throw std::runtime_error(fmt::format(
                "the image is {}x{}, smaller than the window of {}x{}: put a 'resize' before, or "
                "crop less",
                image.width, image.height, params_.width, params_.height));
        call.emit_parts("image", params_.mode == "grid" ? grid(image) : random(image, call));
    }

  private:
    std::vector<formats::Image> grid(const formats::Image& image) const {
        std::vector<formats::Image> parts;
        const int down = params_.stride > 0 ? params_.stride : params_.height;
        const int across = params_.stride > 0 ? params_.stride : params_.width;
        for (const int top : starts(image.height, params_.height, down))
            for (const int left : starts(image.width, params_.width, across))
                parts.push_back(window(image, left, top, params_));
        return parts;
    }

    std::vector<formats::Image> random(const formats::Image& image, const graph::Call& call) const {
        std::vector<formats::Image> parts;
        graph::Random random = call.random();
        auto start = [&](int length, int window) {
            return static_cast<int>(random.below(static_cast<uint64_t>(length - window) + 1));
        };
        for (int i = 0; i < params_.count; ++i) {
            const int left = start(image.width, params_.width);
            parts.push_back(window(image, left, start(image.height, params_.height), params_));
        }
        return parts;
    }

    const Params params_;
};

using graph::param;
const graph::Register node{[] {
    auto spec = graph::node<Params, Crop>(
        {.name = "crop",
         .doc = "Cuts windows of one size out of images.",
         .group = "image",
         .inputs = {graph::port<formats::Image>(graph::Clock::item, "image",
                                                "at least as large as the window")},
         .outputs = {graph::port<formats::Image>(graph::Clock::item, "image", "each window")},
         .params = {
             param("mode", &Params::mode, graph::Choice{{"random", "grid"}},
                   "windows anywhere, new ones in each epoch, or all of a grid"),
             param("width", &Params::width, graph::Range{1, 65536}, "of the window, in pixels"),
             param("height", &Params::height, graph::Range{1, 65536}, "of the window, in pixels"),
             param("count", &Params::count, graph::Range{1, 4096},
                   "how many random windows of each image"),
             param("stride", &Params::stride, graph::Range{0, 65536},
                   "pixels from one window of the grid to the next; 0: the window's own size")}});
    spec.makes_parts = true;
    spec.parts = [](const void* params, const graph::Shape& in) -> size_t {
        const auto& p = *static_cast<const Params*>(params);
        if (p.mode == "random") return static_cast<size_t>(p.count);
        if (in.size() != 3 || in[1] < p.height || in[2] < p.width) return 0;
        const auto along = [&p](int64_t length, int window) {
            return starts(static_cast<int>(length), window, p.stride > 0 ? p.stride : window)
                .size();
        };
        return along(in[1], p.height) * along(in[2], p.width);
    };
    spec.shapes = [](const void* params, const std::vector<graph::Shape>& inputs) {
        const auto& p = *static_cast<const Params*>(params);
        const graph::Shape& in = inputs.at(0);
        if (!in.empty() && ((in[1] >= 0 && in[1] < p.height) || (in[2] >= 0 && in[2] < p.width)))
            throw std::runtime_error(
                fmt::format("a window of {}x{} does not fit in images of {}x{}", p.width, p.height,
                            in[2], in[1]));
        return std::vector<graph::Shape>{{in.empty() ? -1 : in[0], p.height, p.width}};
    };
    return spec;
}()};

}  // namespace
}  // namespace nodes
