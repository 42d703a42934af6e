// Scores a model: each image is encoded, decoded and compared with itself, for each split, with the
// model as it was at the epoch's end, or with one from a checkpoint.
#include "nodes/checkpoint_model.hpp"
#include "nodes/score.hpp"

namespace nodes {
namespace {

struct Params : ScoreParams {
    std::filesystem::path checkpoint;
    std::vector<double> qualities;
};

class Evaluate : public graph::Node {
  public:
    Evaluate(const Params& params, const graph::Setup& setup) {
        if (setup.is_linked("model") == !params.checkpoint.empty())
            throw graph::ConfigurationError(setup.id +
                                            ": link 'model' or give 'checkpoint', one of the two");
        if (!params.checkpoint.empty()) {
            trained_ = load_model(params.checkpoint);
            name_ = trained_.name;
            check_model(params, setup);
        }
        if (params.qualities.empty()) rows_.push_back({"", {}, Score(params), {}});
        for (const double quality : params.qualities)
            rows_.push_back({fmt::format("@{}", quality), quality, Score(params), {}});
    }

    void receive(graph::Call& call) override {
        const auto& images = call.input<Batch>("images").images;
        if (const models::Dims image = image_dims(images); image != image_) prepare(call, image);
        for (Row& row : rows_) row.add(images);
    }

    void end(graph::Call& call) override {
        const graph::Pass& pass = call.pass();
        Metrics all;
        for (Row& row : rows_) {
            const std::string name = name_ + row.suffix;
            Metrics metrics = row.score.take(pass, name);
            if (metrics.empty()) continue;
            for (const Metric& metric : metrics)
                if (metric.metric == "mse")
                    call.report(name + "." + pass.split + ".mse", metric.value);
            metrics.push_back(
                {pass.epoch + 1, name, pass.split, "bits_per_pixel", row.bits / row.pixels});
            row.bits = row.pixels = 0;
            std::ranges::move(metrics, std::back_inserter(all));
        }
        for (Row& row : rows_) row.model.reset();
        image_.clear();
        if (!all.empty())
            call.emit_epoch("metrics", pass.epoch, true,
                            std::make_shared<const Metrics>(std::move(all)));
    }

  private:
    struct Row {
        std::string suffix;  // of the model's name
        std::optional<double> quality;
        Score score;
        std::shared_ptr<const models::Model> model;
        double bits = 0, pixels = 0;

        void add(const models::Tensor& images) {
            const models::Latents latents = model->encode(images);
            score.add(images, model->decode(latents));
            bits += latents.total_bits();
            pixels += static_cast<double>(images.dims[0] * images.dims[2] * images.dims[3]);
        }
    };

    void check_model(const Params& params, const graph::Setup& setup) const {
        check_size(trained_, setup, "images");
        try {
            for (const double quality : params.qualities) trained_.model->at_quality(quality);
        } catch (const models::ModelError& error) {
            throw graph::ConfigurationError(setup.id + ": 'qualities': " + error.what());
        }
    }

    /// Makes the models for images of this size, once in a pass: all of it has one model.
    void prepare(graph::Call& call, const models::Dims& image) {
        std::shared_ptr<const models::Model> model;
        if (call.has("model")) {
            const auto& snapshot = call.input<Snapshot>("model");
            model = model_for(snapshot, image);
            name_ = snapshot.name;
        } else {
            model = model_for(trained_, image);
        }
        for (Row& row : rows_) row.model = row.quality ? model->at_quality(*row.quality) : model;
        image_ = image;
    }

    TrainedModel trained_;
    std::string name_;
    std::vector<Row> rows_;
    models::Dims image_;  // that the rows' models are for; empty: none
};

using graph::Clock;
using graph::param;
const graph::Register node{[] {
    auto spec = graph::ordered_node<Params, Evaluate>(
        {.name = "evaluate",
         .doc = "Scores a model on each split at the end of an epoch.",
         .group = "train",
         .inputs = {graph::port<Batch>(Clock::batch, "images", "the images to score it on"),
                    graph::optional(
                        graph::port<Snapshot>(Clock::epoch, "model", "the model of each epoch"))},
         .outputs = {graph::port<Metrics>(Clock::epoch, "metrics",
                                          "means over each split, and the latent's bits per pixel: "
                                          "by the model's own likelihoods "
                                          "if it has any, else before entropy coding")},
         .params = {
             metrics_param<Params>(),
             param("checkpoint", &Params::checkpoint,
                   "the file of a trained model, if 'model' is not linked"),
             param("qualities", &Params::qualities, graph::Range{0, 63},
                   "of a model that has several: score each, as model NAME@QUALITY; empty: the "
                   "model's own")}});
    spec.shapes = [](const void* params, const std::vector<graph::Shape>& inputs) {
        check_size(*static_cast<const Params*>(params), inputs.at(0));
        return std::vector<graph::Shape>(1);
    };
    return spec;
}()};

}  // namespace
}  // namespace nodes
