// Makes images of latents again, with the model of each epoch or with one from a checkpoint.
#include "nodes/checkpoint_model.hpp"

namespace nodes {
namespace {

struct Params {
    std::filesystem::path checkpoint;
};

class Decode : public graph::Node {
  public:
    Decode(const Params& params, const graph::Setup& setup) : id_(setup.id) {
        if (setup.is_linked("model") == !params.checkpoint.empty())
            throw graph::ConfigurationError(id_ +
                                            ": link 'model' or give 'checkpoint', one of the two");
        if (!params.checkpoint.empty()) trained_ = load_model(params.checkpoint);
    }

    void receive(graph::Call& call) override {
        const auto& batch = call.input<LatentBatch>("latents");
        if (!call.has("model")) check(batch);
        const auto model = call.has("model") ? model_for(call.input<Snapshot>("model"), batch.image)
                                             : model_for(trained_, batch.image);
        call.emit("images", Batch{model->decode(batch.latents), batch.infos});
    }

  private:
    /// Another model's latents would decode to images, but not to the ones that were encoded.
    void check(const LatentBatch& batch) const {
        const bool other = batch.checkpoint.empty() ? batch.model != trained_.architecture
                                                    : batch.checkpoint != trained_.digest;
        if (other && !batch.model.empty())
            throw graph::ConfigurationError(
                fmt::format("{}: the latents are of another model or checkpoint: they were made by "
                            "{}, this checkpoint is of {}",
                            id_, batch.model, trained_.architecture));
    }

    const std::string id_;
    TrainedModel trained_;
};

using graph::Clock;
const graph::Register node{graph::node<Params, Decode>(
    {.name = "decode",
     .doc = "Makes images of latents.",
     .group = "train",
     .inputs = {graph::port<LatentBatch>(Clock::batch, "latents", "made by the same model"),
                graph::optional(
                    graph::port<Snapshot>(Clock::epoch, "model", "the model of each epoch"))},
     .outputs = {graph::port<Batch>(Clock::batch, "images",
                                    "the images, as far as they came back")},
     .params = {graph::param("checkpoint", &Params::checkpoint,
                             "the file of the model that encoded them, if 'model' is not "
                             "linked")}})};

}  // namespace
}  // namespace nodes
