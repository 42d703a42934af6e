// Makes negatives. A node is one file: its options, what it does to a message, and the declaration
// that registers it.
#include "nodes/types.hpp"

namespace my_nodes {
namespace {

struct Params {
    double white = 1;  // the default of the option
};

formats::Image invert(const Params& params, const formats::Image& image) {
    formats::Image negative = image;
    for (float& sample : negative.samples) sample = static_cast<float>(params.white) - sample;
    return negative;
}

using graph::Clock;
const graph::Register node{[] {
    auto spec = graph::map<Params, formats::Image, formats::Image>(
        {.name = "invert",
         .doc = "Makes negatives of images.",
         .group = "image",
         .inputs = {graph::port<formats::Image>(Clock::item, "image", "black at 0, white at 1")},
         .outputs = {graph::port<formats::Image>(Clock::item, "image", "of the same size")},
         .params = {graph::param("white", &Params::white, graph::Range{0, 1},
                                 "what black becomes")}},
        invert);
    // What follows is told the size before anything runs.
    spec.shapes = [](const void*, const std::vector<graph::Shape>& inputs) { return inputs; };
    return spec;
}()};

}  // namespace
}  // namespace my_nodes
