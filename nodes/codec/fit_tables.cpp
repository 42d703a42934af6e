// Fits the tables with which a model's latents are entropy-coded, on the first images of each
// epoch, which are of the split to train on.
#include "nodes/types.hpp"

namespace nodes {
namespace {

struct Params {
    int batches = 8;
    double step = 0.125;
};

class FitTables : public graph::Node {
  public:
    FitTables(const Params& params, const graph::Setup&)
        : batches_(params.batches), step_(params.step) {}

    void receive(graph::Call& call) override {
        if (fitted_ == call.pass().epoch) return;
        const auto& batch = call.input<LatentBatch>("latents");
        append(batch);
        if (++taken_ == batches_) fit(call);
    }

    void end(graph::Call& call) override {
        if (taken_ > 0) fit(call);
    }

  private:
    void append(const LatentBatch& batch) {
        const models::Tensor& values = batch.latents.values;
        if (taken_ == 0) {
            latents_ = batch.latents;
            model_ = batch.model;
            generative_ = batch.generative;
            return;
        }
        models::Tensor& all = latents_.values;
        all.values.insert(all.values.end(), values.values.begin(), values.values.end());
        all.dims[0] += values.dims[0];
    }

    void fit(graph::Call& call) {
        fitted_ = call.pass().epoch;
        taken_ = 0;
        call.emit_epoch("tables", *fitted_, true,
                        std::make_shared<const Tables>(Tables{
                            models::LatentCoder::fit(latents_, step_), model_, generative_}));
        latents_ = {};
    }

    const int batches_;
    const double step_;
    models::Latents latents_;  // of the batches so far
    std::string model_;
    bool generative_ = false;
    int taken_ = 0;
    std::optional<int> fitted_;  // the epoch
};

using graph::Clock;
using graph::param;
using graph::Range;
const graph::Register node{[] {
    auto spec = graph::ordered_node<Params, FitTables>(
        {.name = "fit_tables",
         .doc = "Fits tables to entropy-code latents with, on those of images to train on.",
         .group = "codec",
         .inputs = {graph::port<LatentBatch>(Clock::batch, "latents", "of one model")},
         .outputs = {graph::port<Tables>(Clock::epoch, "tables", "one for each channel")},
         .params = {
             param("batches", &Params::batches, Range{1, 65536},
                   "how many batches to fit on, at most: those that are coded wait for them"),
             param("step", &Params::step, Range{1e-3, 1e3},
                   "to what latents that are not quantised are rounded, in standard deviations "
                   "of their channel: 0.125 raises the error by some hundredth")}});
    spec.marks = [](const void*, const std::vector<std::string>& inputs) { return inputs; };
    // What is coded in the same pass waits for the tables.
    spec.holds = [](const void* params) {
        return static_cast<size_t>(static_cast<const Params*>(params)->batches);
    };
    return spec;
}()};

}  // namespace
}  // namespace nodes
