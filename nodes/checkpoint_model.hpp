// A model and its file: a checkpoint alone is enough to encode, to decode and to train on. Shared
// by the nodes that write checkpoints and those that need a trained model.
#pragma once

#include "nodes/types.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace nodes {

/// Replaces the file as a whole. The snapshot must carry its state.
void write_snapshot(const std::filesystem::path& file, const Snapshot& snapshot);

/// What write_snapshot wrote, but for the model itself: the state says it. Throws FormatError.
Snapshot read_snapshot(const std::filesystem::path& file);

/// C, H, W of the images that a checkpoint's model takes. `path`: the file, or a run's folder with
/// a checkpoint.h5. Throws ConfigurationError.
models::Dims checkpoint_image(const std::filesystem::path& path);

/// "{type: convolutional, ...}" as Selected::text() gave it. Throws ConfigurationError; `where`
/// names the text in errors.
graph::Selected<models::Architecture> parse_architecture(const std::string& text,
                                                         const std::string& where);

/// Whether a model makes up detail that was not in the image. `architecture`: its text, as above.
bool is_generative(const std::string& architecture);

struct TrainedModel {
    std::string name;
    std::string architecture;
    std::string digest;  // of the file
    models::Dims image;  // C, H, W
    std::shared_ptr<const models::Model> model;
};

/// The model of a checkpoint, ready to encode and decode. `path`: as above. Throws
/// ConfigurationError.
TrainedModel load_model(const std::filesystem::path& path);

/// What a checkpoint says of its model, without the model.
struct CheckpointHeader {
    graph::Selected<models::Architecture> architecture;
    models::Dims image;  // C, H, W
    std::string mark;    // see model_mark
};
/// Nothing if there is no such checkpoint: the node that needs it says so when it is made.
std::optional<CheckpointHeader> read_checkpoint_header(const std::filesystem::path& path);

/// How a graph's links name the model of what they carry, for Spec::marks: the architecture as
/// text, the digest of its file if it came from one, and whether its trainer says which epoch was
/// the best (stop_early).
struct ModelMark {
    std::string architecture, digest = {};
    bool judged = false;
};
/// Empty without an architecture.
std::string model_mark(const ModelMark& mark);
ModelMark parse_mark(const std::string& mark);

/// Throws ConfigurationError if images of that shape, as far as it is known, are not for the model.
void check_size(const TrainedModel& trained, const graph::Setup& setup, const std::string& input);

inline models::Dims image_dims(const models::Tensor& images) {
    return {images.dims.begin() + 1, images.dims.end()};
}

/// The model for images of C, H, W: as it is, or its weights rebuilt for that size. Throws
/// runtime_error if they are for one size only.
std::shared_ptr<const models::Model> model_for(const TrainedModel& trained,
                                               const models::Dims& image);
std::shared_ptr<const models::Model> model_for(const Snapshot& snapshot, const models::Dims& image);

}  // namespace nodes
