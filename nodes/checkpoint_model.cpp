// Snapshots to checkpoints and back, and checkpoints to models.
#include "nodes/checkpoint_model.hpp"

#include "formats/hdf5_file.hpp"
#include "graph/document.hpp"
#include "graph/refusal.hpp"
#include "nodes/stored_tensors.hpp"

#include <algorithm>
#include <set>
#include <sstream>

namespace nodes {

namespace {

const std::string loss_prefix = "sum.";  // of the numbers that hold sums of losses

/// A number that every checkpoint of ours has.
int64_t number(const formats::Checkpoint& checkpoint, const std::string& name,
               const std::filesystem::path& file) {
    const auto found = checkpoint.numbers.find(name);
    if (found == checkpoint.numbers.end() || !std::holds_alternative<int64_t>(found->second))
        throw formats::FormatError(file.string() + ": no checkpoint of a model: '" + name +
                                   "' is missing");
    return std::get<int64_t>(found->second);
}

std::string text(const formats::Checkpoint& checkpoint, const std::string& name,
                 const std::filesystem::path& file) {
    const auto found = checkpoint.text.find(name);
    if (found == checkpoint.text.end())
        throw formats::FormatError(file.string() + ": no checkpoint of a model: '" + name +
                                   "' is missing");
    return found->second;
}

models::Dims image_of(const formats::Checkpoint& checkpoint, const std::filesystem::path& file) {
    models::Dims image;
    for (const char* side : {"image.channels", "image.height", "image.width"}) {
        image.push_back(number(checkpoint, side, file));
        if (image.back() < 1 || image.back() > 65536)
            throw formats::FormatError(
                fmt::format("{}: {} is {}", file.string(), side, image.back()));
    }
    return image;
}

/// A run's folder stands for the checkpoint in it.
std::filesystem::path file_of(const std::filesystem::path& path) {
    return std::filesystem::is_directory(path) ? path / "checkpoint.h5" : path;
}

std::shared_ptr<const models::Model> sized(const std::shared_ptr<const models::Model>& model,
                                           const models::Dims& own, const models::Dims& image) try {
    if (own == image) return model;
    return model->resized(image);
} catch (const models::ModelError& error) {
    throw std::runtime_error(fmt::format(
        "the images are {}, but the checkpoint's model takes {}: put a 'resize' with 'like' before "
        "({})",
        graph::text(image), graph::text(own), error.what()));
}

}  // namespace

std::shared_ptr<const models::Model> model_for(const TrainedModel& trained,
                                               const models::Dims& image) {
    return sized(trained.model, trained.image, image);
}

std::shared_ptr<const models::Model> model_for(const Snapshot& snapshot,
                                               const models::Dims& image) {
    return sized(snapshot.model, snapshot.image, image);
}

void write_snapshot(const std::filesystem::path& file, const Snapshot& snapshot) {
    std::map<std::string, std::string> texts = {{"name", snapshot.name},
                                                {"model", snapshot.architecture}};
    if (!snapshot.optimizer.empty()) texts["optimizer"] = snapshot.optimizer;
    std::map<std::string, formats::Number> numbers = {
        {"image.channels", snapshot.image.at(0)},
        {"image.height", snapshot.image.at(1)},
        {"image.width", snapshot.image.at(2)},
        {"epoch", int64_t{snapshot.epoch}},
        {"complete", int64_t{snapshot.complete}},
        {"batches", static_cast<int64_t>(snapshot.batches)},
        {"steps", static_cast<int64_t>(snapshot.steps)},
        {"threads", int64_t{snapshot.threads}},
        {"processes", int64_t{snapshot.ranks}}};
    for (const auto& [name, sum] : snapshot.sums) numbers[loss_prefix + name] = sum;
    if (const auto& early = snapshot.early_stop) {
        numbers["early_stop.best"] = early->best;
        numbers["early_stop.best_epoch"] = int64_t{early->best_epoch};
        numbers["early_stop.scored_epoch"] = int64_t{early->scored_epoch};
        numbers["early_stop.ended_epoch"] = int64_t{early->ended_epoch};
    }
    formats::write_checkpoint(file, texts, numbers, views_of(snapshot.state.value()));
}

Snapshot read_snapshot(const std::filesystem::path& file) {
    formats::Checkpoint checkpoint = formats::read_checkpoint(file);
    Snapshot snapshot;
    snapshot.name = text(checkpoint, "name", file);
    snapshot.architecture = text(checkpoint, "model", file);
    snapshot.image = image_of(checkpoint, file);
    if (checkpoint.text.contains("optimizer")) snapshot.optimizer = checkpoint.text.at("optimizer");
    snapshot.epoch = static_cast<int>(number(checkpoint, "epoch", file));
    snapshot.complete = number(checkpoint, "complete", file) != 0;
    snapshot.batches = static_cast<uint64_t>(number(checkpoint, "batches", file));
    snapshot.steps = static_cast<uint64_t>(number(checkpoint, "steps", file));
    snapshot.threads = static_cast<int>(number(checkpoint, "threads", file));
    if (checkpoint.numbers.contains("processes"))  // older ones were of one
        snapshot.ranks = static_cast<int>(number(checkpoint, "processes", file));
    for (const auto& [name, value] : checkpoint.numbers)
        if (name.starts_with(loss_prefix) && std::holds_alternative<double>(value))
            snapshot.sums.emplace_back(name.substr(loss_prefix.size()), std::get<double>(value));
    if (const auto best = checkpoint.numbers.find("early_stop.best");
        best != checkpoint.numbers.end() && std::holds_alternative<double>(best->second))
        snapshot.early_stop = {
            std::get<double>(best->second),
            static_cast<int>(number(checkpoint, "early_stop.best_epoch", file)),
            static_cast<int>(number(checkpoint, "early_stop.scored_epoch", file)),
            static_cast<int>(number(checkpoint, "early_stop.ended_epoch", file))};
    snapshot.state = tensors_of(std::move(checkpoint.arrays));
    return snapshot;
}

models::Dims checkpoint_image(const std::filesystem::path& path) try {
    const std::filesystem::path file = file_of(path);
    return image_of(formats::read_checkpoint(file), file);
} catch (const std::runtime_error&) {
    graph::throw_refusal();
}

graph::Selected<models::Architecture> parse_architecture(const std::string& yaml,
                                                         const std::string& where) {
    graph::Errors errors;
    const graph::Value value = graph::parse_yaml(yaml, where, errors);
    graph::Selected<models::Architecture> selected;
    if (errors.empty()) selected.set(value, "model", errors);
    if (!errors.empty()) throw graph::ConfigurationError(errors);
    return selected;
}

bool is_generative(const std::string& architecture) {
    return parse_architecture(architecture, "model")->generative();
}

namespace {

/// The optimiser's share of the state is of no use here, and may be of another optimiser.
void restore_weights(models::Model& model, const Snapshot& snapshot) {
    std::set<std::string> wanted;
    for (const auto& named : model.weights()) wanted.insert(named.name);
    std::vector<models::NamedTensor> weights;
    for (const auto& named : *snapshot.state)
        if (wanted.contains(named.name)) weights.push_back(named);
    model.restore(weights);
}

}  // namespace

TrainedModel load_model(const std::filesystem::path& path) try {
    const std::filesystem::path file = file_of(path);
    const Snapshot snapshot = read_snapshot(file);
    const auto architecture = parse_architecture(snapshot.architecture, file.string());
    auto model = architecture->build(snapshot.image, 0, {});
    restore_weights(*model, snapshot);
    return {snapshot.name, snapshot.architecture, formats::hdf5_digest(file), snapshot.image,
            std::move(model)};
} catch (const models::ModelError& error) {
    throw graph::ConfigurationError(path.string() + ": " + error.what());
} catch (const std::runtime_error&) {
    graph::throw_refusal();
}

std::optional<CheckpointHeader> read_checkpoint_header(const std::filesystem::path& path) try {
    const std::filesystem::path file = file_of(path);
    const formats::Checkpoint checkpoint = formats::read_checkpoint(file);
    const std::string architecture = text(checkpoint, "model", file);
    return CheckpointHeader{parse_architecture(architecture, file.string()),
                            image_of(checkpoint, file),
                            model_mark({architecture, formats::hdf5_digest(file)})};
} catch (const std::exception&) {
    return {};
}

std::string model_mark(const ModelMark& mark) {
    if (mark.architecture.empty()) return "";
    return mark.architecture + '\n' + mark.digest + (mark.judged ? "\njudged" : "");
}

ModelMark parse_mark(const std::string& mark) {
    std::istringstream lines(mark);
    ModelMark parsed;
    std::string judged;
    std::getline(lines, parsed.architecture);
    std::getline(lines, parsed.digest);
    std::getline(lines, judged);
    parsed.judged = !judged.empty();
    return parsed;
}

void check_size(const TrainedModel& trained, const graph::Setup& setup, const std::string& input) {
    const auto found = setup.shapes.find(input);
    if (found == setup.shapes.end() || found->second.size() != 3 ||
        std::ranges::min(found->second) < 1)
        return;
    try {
        model_for(trained, found->second);
    } catch (const std::runtime_error& error) {
        throw graph::ConfigurationError(setup.id + ": " + error.what());
    }
}

}  // namespace nodes
