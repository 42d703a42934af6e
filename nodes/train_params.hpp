// The options of the node `train`: whether a checkpoint and the images fit them, and what memory
// they need.
#pragma once

#include "nodes/early_stop.hpp"

namespace nodes {

struct TrainParams : models::TrainingOptions {
    std::string name;
    graph::Selected<models::Architecture> model{"convolutional"};
    std::filesystem::path start_from;
    int checkpoint_every = 1;
    EarlyStopParams stop_early;
};

std::vector<graph::Param> train_params();

/// Gives a model what its training knew. Throws ConfigurationError, with what to do, if that was
/// another model, of other images, or of another optimiser.
void restore_training(models::Model& model, const Snapshot& snapshot, const std::string& name,
                      const TrainParams& params, const models::Dims& image);

/// Channels, height and width of the images that are trained on. Throws ConfigurationError if they
/// are not known before the run.
models::Dims trained_image(const graph::Shape& shape);

/// Bytes of a model that is trained on batches: its weights with gradients and moments, the copies
/// that are scored, stored and laid out for the processor, and what its layers make of a batch.
uint64_t training_memory(const TrainParams& params, const graph::Shape& image, size_t batch);

}  // namespace nodes
