// Shows a network each image in other positions: cells have no up and no left, and a model that has
// seen them turned knows more cells. Only images to train on are changed.
#include "nodes/types.hpp"

#include <algorithm>
#include <cmath>

namespace nodes {
namespace {

struct Params {
    std::string flip = "both";
    std::string rotate = "none";
    int shift = 0;
    float brightness = 0;
    float contrast = 1;
};

/// What is done to one image. Flips come first, then a turn, then a shift.
struct Change {
    bool across = false;  // left to right
    bool down = false;
    bool turned = false;  // by 90 degrees; with both flips by 270
    int right = 0, below = 0;
    float gain = 1;
    float contrast = 1;
};

Change draw(const Params& params, bool square, graph::Random& random) {
    Change change;
    auto coin = [&] { return random.below(2) == 1; };
    if (params.flip == "horizontal" || params.flip == "both") change.across = coin();
    if (params.flip == "vertical" || params.flip == "both") change.down = coin();
    if (params.rotate == "right_angles") {
        change.turned = coin() && square;  // a turned oblong would be of another size
        if (coin()) {                      // by 180 degrees
            change.across = !change.across;
            change.down = !change.down;
        }
    }
    const auto reach = static_cast<uint64_t>(params.shift);
    change.right = static_cast<int>(random.below(2 * reach + 1)) - params.shift;
    change.below = static_cast<int>(random.below(2 * reach + 1)) - params.shift;
    change.gain = static_cast<float>(random.uniform(1 - params.brightness, 1 + params.brightness));
    if (params.contrast > 1) {
        const double most = std::log(params.contrast);
        change.contrast = static_cast<float>(std::exp(random.uniform(-most, most)));
    }
    return change;
}

/// Beyond the edge the image goes on as its mirror image.
int mirrored(int at, int length) {
    if (length == 1) return 0;
    const int period = 2 * length - 2;
    at = ((at % period) + period) % period;
    return at < length ? at : period - at;
}

formats::Image augment(const Params& params, const formats::Image& image, graph::Random& random) {
    Change change = draw(params, image.width == image.height, random);
    const float brightest = *std::ranges::max_element(image.samples);
    if (brightest > 0) change.gain *= std::min(change.contrast, std::max(1.0F, 1 / brightest));
    formats::Image out = image;
    const int height = image.height, width = image.width;
    for (int c = 0; c < image.channels; ++c) {
        const size_t plane = static_cast<size_t>(c) * height * width;
        for (int y = 0; y < height; ++y)
            for (int x = 0; x < width; ++x) {
                int from_y = mirrored(y - change.below, height);
                int from_x = mirrored(x - change.right, width);
                if (change.turned) {
                    std::swap(from_x, from_y);
                    from_x = width - 1 - from_x;
                }
                if (change.down) from_y = height - 1 - from_y;
                if (change.across) from_x = width - 1 - from_x;
                const float sample =
                    image.samples[plane + static_cast<size_t>(from_y) * width + from_x];
                out.samples[plane + static_cast<size_t>(y) * width + x] =
                    change.gain == 1 ? sample : std::min(sample * change.gain, 1.0f);
            }
    }
    return out;
}

using graph::param;
const graph::Register node{[] {
    auto spec = graph::map<Params, formats::Image, formats::Image>(
        {.name = "augment",
         .doc = "Flips, turns, shifts and brightens images to train on, anew in each epoch.",
         .group = "image",
         .inputs = {graph::port<formats::Image>(graph::Clock::item, "image", "of any size")},
         .outputs = {graph::port<formats::Image>(graph::Clock::item, "image", "of the same size")},
         .params = {param("flip", &Params::flip,
                          graph::Choice{{"none", "horizontal", "vertical", "both"}},
                          "mirror every other image: left to right, top to bottom, or each"),
                    param("rotate", &Params::rotate, graph::Choice{{"none", "right_angles"}},
                          "turn by 0, 90, 180 or 270 degrees; images that are not square by 0 or "
                          "180"),
                    param("shift", &Params::shift, graph::Range{0, 4096},
                          "move by up to so many pixels each way; the edge is mirrored"),
                    param("brightness", &Params::brightness, graph::Range{0, 1},
                          "multiply by 1 give or take up to this"),
                    param("contrast", &Params::contrast, graph::Range{1, 1000},
                          "multiply or divide by up to this, as often the one as the other, but "
                          "never so that an image becomes saturated")}},
        augment);
    spec.only_train = true;
    spec.shapes = [](const void*, const std::vector<graph::Shape>& inputs) { return inputs; };
    return spec;
}()};

}  // namespace
}  // namespace nodes
