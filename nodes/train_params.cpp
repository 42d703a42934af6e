// See train_params.hpp.
#include "nodes/train_params.hpp"

#include <algorithm>

namespace nodes {

namespace {

/// The parameters of a base, as those of the struct that derives from it.
std::vector<graph::Param> training_params() {
    auto params = models::training_params();
    for (auto& param : params) {
        auto base = [](void* object) -> models::TrainingOptions* {
            return static_cast<TrainParams*>(object);
        };
        param.set = [set = param.set, base](const graph::Param& self, void* object,
                                            const graph::Value& value, graph::Errors& errors) {
            set(self, base(object), value, errors);
        };
        param.get = [get = param.get](const void* object) {
            return get(static_cast<const models::TrainingOptions*>(
                static_cast<const TrainParams*>(object)));
        };
    }
    return params;
}

}  // namespace

std::vector<graph::Param> train_params() {
    std::vector<graph::Param> params = {
        graph::param("name", &TrainParams::name,
                     "the model's name in the metrics; empty: the architecture's"),
        graph::kind("model", &TrainParams::model, "the architecture and its options"),
        graph::param(
            "start_from", &TrainParams::start_from,
            "a checkpoint or a frozen codec whose weights training begins with, such as of images "
            "like these, or of the same architecture with other options; empty: random weights"),
        graph::param("checkpoint_every", &TrainParams::checkpoint_every, graph::Range{1, 1e6},
                     "epochs from one snapshot with the whole state to the next; the last epoch's "
                     "always has it"),
        graph::group("stop_early", &TrainParams::stop_early, early_stop_params(),
                     "ends training before the last epoch if it no longer gets better")};
    for (auto& param : training_params()) params.push_back(std::move(param));
    return params;
}

void restore_training(models::Model& model, const Snapshot& snapshot, const std::string& name,
                      const TrainParams& params, const models::Dims& image) {
    if (snapshot.architecture != params.model.text() || snapshot.image != image)
        throw graph::ConfigurationError(fmt::format(
            "{}: the checkpoint is of {} for images of {}, not of {} for images of {}: go on with "
            "the options that it was made with, or begin another run",
            name, snapshot.architecture, graph::text(snapshot.image), params.model.text(),
            graph::text(image)));
    if (!snapshot.optimizer.empty() && snapshot.optimizer != params.optimizer.type())
        throw graph::ConfigurationError(
            fmt::format("{}: the checkpoint has what the optimizer {} needs to go on, not {}: go "
                        "on with that one, or begin another run that has start_from",
                        name, snapshot.optimizer, params.optimizer.type()));
    try {
        model.restore(snapshot.state.value());
    } catch (const models::ModelError& error) {
        throw graph::ConfigurationError(
            fmt::format("{}: the checkpoint does not fit: {}: go on with the options that it was "
                        "made with, or begin another run that has start_from",
                        name, error.what()));
    }
}

models::Dims trained_image(const graph::Shape& shape) {
    if (shape.size() != 3 || *std::min_element(shape.begin(), shape.end()) < 1)
        throw graph::ConfigurationError(
            "the size of the images is not known here: put a 'resize' before");
    return shape;
}

uint64_t training_memory(const TrainParams& params, const graph::Shape& image, size_t batch) {
    const models::Footprint all = params.model->footprint(trained_image(image));
    const int moments = params.optimizer->moments();
    // Of weights: themselves, their gradients, two snapshots, what a checkpoint is written from,
    // and the processor's layouts. Of layers: forward and back, and when snapshots are scored
    // meanwhile.
    constexpr double copies = 6, layers = 3;
    return static_cast<uint64_t>(
        4.0 * (static_cast<double>(all.weights) * (copies + 2 * moments) +
               static_cast<double>(all.activations) * layers * static_cast<double>(batch)));
}

}  // namespace nodes
