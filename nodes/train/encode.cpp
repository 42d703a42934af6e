// Makes latents of images, with the model of each epoch or with one from a checkpoint.
#include "nodes/checkpoint_model.hpp"

namespace nodes {
namespace {

struct Params {
    std::filesystem::path checkpoint;
};

class Encode : public graph::Node {
  public:
    Encode(const Params& params, const graph::Setup& setup) {
        if (setup.is_linked("model") == !params.checkpoint.empty())
            throw graph::ConfigurationError(setup.id +
                                            ": link 'model' or give 'checkpoint', one of the two");
        if (params.checkpoint.empty()) return;
        trained_ = load_model(params.checkpoint);
        check_size(trained_, setup, "images");
    }

    void receive(graph::Call& call) override {
        const auto& batch = call.input<Batch>("images");
        const models::Dims image = image_dims(batch.images);
        LatentBatch out;
        if (call.has("model")) {
            const auto& snapshot = call.input<Snapshot>("model");
            out.latents = model_for(snapshot, image)->encode(batch.images);
            out.model = snapshot.architecture;
        } else {
            out.latents = model_for(trained_, image)->encode(batch.images);
            out.model = trained_.architecture;
            out.checkpoint = trained_.digest;
        }
        out.generative = is_generative(out.model);
        out.image = image;
        out.infos = batch.infos;
        call.emit("latents", std::move(out));
    }

  private:
    TrainedModel trained_;
};

using graph::Clock;
const graph::Register node{[] {
    auto spec = graph::node<Params, Encode>(
        {.name = "encode",
         .doc = "Makes latents of images.",
         .group = "train",
         .inputs = {graph::port<Batch>(Clock::batch, "images", "of the size that the model takes"),
                    graph::optional(
                        graph::port<Snapshot>(Clock::epoch, "model", "the model of each epoch"))},
         .outputs = {graph::port<LatentBatch>(Clock::batch, "latents",
                                              "of each image of the batch")},
         .params = {graph::param("checkpoint", &Params::checkpoint,
                                 "the file of a trained model, if 'model' is not linked")}});
    spec.shapes = [](const void* params, const std::vector<graph::Shape>& inputs) {
        const auto& path = static_cast<const Params*>(params)->checkpoint;
        if (path.empty()) return std::vector<graph::Shape>{inputs.at(1)};
        const auto header = read_checkpoint_header(path);
        if (!header || inputs.at(0) != header->image) return std::vector<graph::Shape>(1);
        return std::vector<graph::Shape>{header->architecture->latent_dims(header->image)};
    };
    spec.marks = [](const void* params, const std::vector<std::string>& inputs) {
        const auto& path = static_cast<const Params*>(params)->checkpoint;
        const auto header = path.empty() ? std::nullopt : read_checkpoint_header(path);
        return std::vector<std::string>{header ? header->mark : inputs.at(1)};
    };
    return spec;
}()};

}  // namespace
}  // namespace nodes
