// Scores a model while it is trained: each image is encoded, decoded and compared with itself, for
// each split, with the model as it was at the epoch's end.
#include "nodes/score.hpp"

namespace nodes {
namespace {

using Params = ScoreParams;

class Evaluate : public graph::Node {
  public:
    Evaluate(const Params& params, const graph::Setup&) : score_(params) {}

    void receive(graph::Call& call) override {
        const auto& images = call.input<Batch>("images").images;
        const auto& snapshot = call.input<Snapshot>("model");
        const models::Latents latents = snapshot.model->encode(images);
        score_.add(images, snapshot.model->decode(latents));
        name_ = snapshot.name;
        const double values = static_cast<double>(models::count(latents.values.dims));
        const double pixels = static_cast<double>(images.dims[0] * images.dims[2] * images.dims[3]);
        bits_per_pixel_ = latents.bits_per_value() * values / pixels;
    }

    void end(graph::Call& call) override {
        const graph::Pass& pass = call.pass();
        Metrics rows = score_.take(pass, name_);
        if (rows.empty()) return;
        rows.push_back({pass.epoch + 1, name_, pass.split, "bits_per_pixel", bits_per_pixel_});
        for (const Metric& row : rows)
            if (row.metric == "mse") call.report(name_ + "." + row.split + ".mse", row.value);
        call.emit_epoch("metrics", pass.epoch, true,
                        std::make_shared<const Metrics>(std::move(rows)));
    }

  private:
    Score score_;
    std::string name_;
    double bits_per_pixel_ = 0;  // the same for all images, as they are of one size
};

using graph::Clock;
const graph::Register node{graph::ordered_node<Params, Evaluate>(
    {.name = "evaluate",
     .doc = "Scores a model on each split at the end of an epoch.",
     .group = "train",
     .inputs = {graph::port<Batch>(Clock::batch, "images", "the images to score it on"),
                graph::port<Snapshot>(Clock::epoch, "model", "the model of each epoch")},
     .outputs = {graph::port<Metrics>(
         Clock::epoch, "metrics",
         "means over each split, and the latent's bits per pixel before entropy coding")},
     .params = {metrics_param<Params>()}})};

}  // namespace
}  // namespace nodes
