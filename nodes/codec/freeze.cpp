// Makes a trained codec into whole numbers, from which streams decode to the same pixels on every
// machine: looks at images of training for the ranges of its activations and for its tables.
#include "models/freeze_codec.hpp"
#include "models/hyperprior_model.hpp"
#include "nodes/checkpoint_model.hpp"
#include "nodes/codec.hpp"

namespace nodes {
namespace {

struct Params {
    std::filesystem::path checkpoint;
    std::string name;
    std::string about;
    bool generative = false;
    int64_t classes = models::FitClassesOptions{}.classes;
    int64_t tables = models::FitClassesOptions{}.tables;
    int rounds = models::FitClassesOptions{}.rounds;
    int64_t calibration_images = models::FreezeCodecOptions{}.calibration_images;
    double margin = models::FreezeOptions{}.margin;
};

class Freeze : public graph::Node {
  public:
    Freeze(const Params& params, const graph::Setup& setup)
        : params_(params), trained_(load_model(params.checkpoint)) {
        model_ = std::dynamic_pointer_cast<const models::HyperpriorModel>(trained_.model);
        if (!model_)
            throw graph::ConfigurationError(
                fmt::format("{}: {} holds a model of {}, which is no codec; train one with: "
                            "pipeline run train_codec",
                            setup.id, params.checkpoint.string(), trained_.architecture));
    }

    void receive(graph::Call& call) override {
        if (frozen_) return;  // in a later epoch the images are the same
        const auto& image = call.input<formats::Image>("image");
        if (image.channels != 1)
            throw std::runtime_error(
                fmt::format("{}: the codec is for one channel, but this image has {}", image.path,
                            image.channels));
        models::Tensor& tensor = images_.emplace_back(models::Dims{1, image.height, image.width});
        tensor.values = image.samples;
    }

    void end(graph::Call& call) override {
        if (!frozen_) {
            models::FreezeCodecOptions options;
            options.tables.classes = params_.classes;
            options.tables.tables = params_.tables;
            options.tables.rounds = params_.rounds;
            options.calibration_images = params_.calibration_images;
            options.synthesis.margin = params_.margin;
            Codec codec;
            codec.frozen = models::freeze_codec(model_, images_, options);
            codec.name = params_.name.empty() ? trained_.name : params_.name;
            codec.architecture = trained_.architecture;
            codec.about = params_.about;
            codec.generative = params_.generative;
            codec.digest = codec_digest(*codec.frozen);
            measure(call, *codec.frozen);
            frozen_ = std::make_shared<const Codec>(std::move(codec));
            images_.clear();
        }
        call.emit_epoch("codec", call.pass().epoch, true, frozen_);
    }

  private:
    void measure(graph::Call& call, const models::FrozenCodec& codec) const {
        const auto few = std::min<size_t>(images_.size(), 8);
        std::vector<models::Tensor> some;  // spread over all
        for (size_t i = 0; i < few; ++i) some.push_back(images_[i * images_.size() / few]);
        const auto loss = models::freezing_loss(codec, some);
        if (!loss) return;
        call.report("rate lost by freezing, %", *loss);
        call.emit_epoch("metrics", call.pass().epoch, true,
                        std::make_shared<const Metrics>(
                            Metrics{{call.pass().epoch + 1, trained_.name, call.pass().split,
                                     "freezing_rate_loss_percent", *loss}}));
    }

    const Params params_;
    TrainedModel trained_;
    std::shared_ptr<const models::HyperpriorModel> model_;
    std::vector<models::Tensor> images_;
    std::shared_ptr<const Codec> frozen_;
};

using graph::Clock;
using graph::param;
using graph::Range;
const graph::Register node{[] {
    auto spec = graph::ordered_node<Params, Freeze>(
        {.name = "freeze",
         .doc = "Makes a trained codec into whole numbers, which decode alike on every machine.",
         .group = "codec",
         .inputs = {graph::port<formats::Image>(
             Clock::item, "image",
             "those that it was trained on, or like them; all are "
             "kept in memory")},
         .outputs = {graph::port<Codec>(Clock::epoch, "codec", "to make and read streams with"),
                     graph::port<Metrics>(
                         Clock::epoch, "metrics",
                         "of some of the images: the rate that whole numbers cost at "
                         "the same error")},
         .params = {
             graph::required(
                 param("checkpoint", &Params::checkpoint, "the file of the trained codec")),
             param("name", &Params::name, "of the codec; empty: that of the model"),
             param("about", &Params::about,
                   "what the file is to say of itself, such as on what it was trained"),
             param("generative", &Params::generative,
                   "the model makes up detail: its streams say so, and encoding with it must be "
                   "asked "
                   "for"),
             param("classes", &Params::classes, Range{1, 4096},
                   "sorts of places in images; each sort has a table for each channel"),
             param("tables", &Params::tables, Range{1, 65536}, "that classes share"),
             param("rounds", &Params::rounds, Range{1, 1000},
                   "of sorting places and fitting tables"),
             param("calibration_images", &Params::calibration_images, Range{1, 65536},
                   "of which the ranges of activations are taken, spread over all"),
             param(
                 "margin", &Params::margin, Range{1, 1024},
                 "how many times larger than these activations may be before they are clipped")}});
    spec.shapes = [](const void*, const std::vector<graph::Shape>& inputs) {
        if (!inputs.at(0).empty() && inputs[0][0] > 1)
            throw std::runtime_error(
                fmt::format("the codec is for one channel, but the images have {}", inputs[0][0]));
        return std::vector<graph::Shape>(2);
    };
    return spec;
}()};

}  // namespace
}  // namespace nodes
