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
        if (params.checkpoint.empty()) return;
        trained_ = load_model(params.checkpoint);
        if (const auto mark = setup.marks.find("latents"); mark != setup.marks.end()) {
            const auto [model, digest, judged] = parse_mark(mark->second);
            check(model, digest);
        }
    }

    void receive(graph::Call& call) override {
        const auto& batch = call.input<LatentBatch>("latents");
        if (!call.has("model")) check(batch.model, batch.checkpoint);
        const auto model = call.has("model") ? model_for(call.input<Snapshot>("model"), batch.image)
                                             : model_for(trained_, batch.image);
        call.emit("images", Batch{model->decode(batch.latents), batch.infos});
    }

  private:
    /// Another model's latents would decode to images, but not to the ones that were encoded.
    void check(const std::string& model, const std::string& digest) const {
        const bool other =
            digest.empty() ? model != trained_.architecture : digest != trained_.digest;
        if (other && !model.empty())
            throw graph::ConfigurationError(
                fmt::format("{}: the latents are of another model or checkpoint: they were made by "
                            "{}, this checkpoint is of {}",
                            id_, model, trained_.architecture));
    }

    const std::string id_;
    TrainedModel trained_;
};

using graph::Clock;
const graph::Register node{[] {
    auto spec = graph::node<Params, Decode>(
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
                                 "linked")}});
    spec.shapes = [](const void* params, const std::vector<graph::Shape>& inputs) {
        const auto& path = static_cast<const Params*>(params)->checkpoint;
        const auto header = path.empty() ? std::nullopt : read_checkpoint_header(path);
        if (!header || inputs.at(0) != header->architecture->latent_dims(header->image))
            return std::vector<graph::Shape>(1);
        return std::vector<graph::Shape>{header->image};
    };
    return spec;
}()};

}  // namespace
}  // namespace nodes
