// Rounds latents to a few evenly spaced levels, so that a value takes a few bits instead of 32: for
// models that were trained without a quantiser.
#include "nodes/types.hpp"

namespace nodes {
namespace {

struct Params {
    int levels = 256;
    double low = 0;
    double high = 4;
};

class Quantise : public graph::Node {
  public:
    Quantise(const Params& params, const graph::Setup& setup)
        : low_(static_cast<float>(params.low)),
          step_(static_cast<float>((params.high - params.low) / (params.levels - 1))),
          highest_(static_cast<float>(params.levels - 1)) {
        if (params.low >= params.high)
            throw graph::ConfigurationError(setup.id + ": 'low' must be less than 'high'");
        for (int i = 0; i < params.levels; ++i)
            centres_.push_back(low_ + step_ * static_cast<float>(i));
    }

    void receive(graph::Call& call) override {
        LatentBatch batch = call.input<LatentBatch>("latents");
        for (float& value : batch.latents.values.values) {
            const float level = std::round(std::clamp((value - low_) / step_, 0.0f, highest_));
            value = centres_[static_cast<size_t>(level)];
        }
        batch.latents.centres = centres_;
        call.emit("latents", std::move(batch));
    }

  private:
    const float low_, step_, highest_;
    std::vector<float> centres_;
};

using graph::param;
const graph::Register node{[] {
    auto spec = graph::node<Params, Quantise>(
        {.name = "quantise",
         .doc = "Rounds latents to a few levels.",
         .group = "train",
         .inputs = {graph::port<LatentBatch>(graph::Clock::batch, "latents", "of any values")},
         .outputs = {graph::port<LatentBatch>(graph::Clock::batch, "latents",
                                              "each value the nearest of the levels")},
         .params = {param("levels", &Params::levels, graph::Range{2, 256},
                          "how many values there are: 256 takes 8 bits, 16 takes 4"),
                    param("low", &Params::low, "the lowest level; what is below becomes it"),
                    param("high", &Params::high, "the highest level; what is above becomes it")}});
    spec.shapes = [](const void*, const std::vector<graph::Shape>& inputs) { return inputs; };
    spec.marks = [](const void*, const std::vector<std::string>& inputs) { return inputs; };
    return spec;
}()};

}  // namespace
}  // namespace nodes
