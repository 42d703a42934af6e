// Scores any two streams of the same images, such as originals and what was read back from files:
// the figures of `evaluate` where there is no model to ask.
#include "nodes/score.hpp"

namespace nodes {
namespace {

struct Params : ScoreParams {
    std::string name;
};

class CompareStreams : public graph::Node {
  public:
    CompareStreams(const Params& params, const graph::Setup& setup)
        : name_(params.name.empty() ? setup.id : params.name), score_(params) {}

    void receive(graph::Call& call) override {
        score_.add(call.input<Batch>("original").images,
                   call.input<Batch>("reconstruction").images);
    }

    void end(graph::Call& call) override {
        const graph::Pass& pass = call.pass();
        if (auto rows = score_.take(pass, name_); !rows.empty())
            call.emit_epoch("metrics", pass.epoch, true,
                            std::make_shared<const Metrics>(std::move(rows)));
    }

  private:
    const std::string name_;
    Score score_;
};

using graph::Clock;
using graph::param;
const graph::Register node{[] {
    auto spec = graph::ordered_node<Params, CompareStreams>(
        {.name = "metrics",
         .doc = "Scores reconstructions against their originals.",
         .group = "train",
         .inputs = {graph::port<Batch>(Clock::batch, "original", "as they were"),
                    graph::port<Batch>(Clock::batch, "reconstruction", "the same images, decoded")},
         .outputs = {graph::port<Metrics>(Clock::epoch, "metrics", "means over each split")},
         .params = {metrics_param<Params>(), param("name", &Params::name,
                                                   "the model's name in the metrics; empty: the "
                                                   "node's")}});
    spec.shapes = [](const void* params, const std::vector<graph::Shape>& inputs) {
        check_alike(inputs.at(0), inputs.at(1));
        check_size(*static_cast<const Params*>(params), inputs[0]);
        return std::vector<graph::Shape>(1);
    };
    return spec;
}()};

}  // namespace
}  // namespace nodes
