// The options of the node `train`, and whether a checkpoint fits them.
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

}  // namespace nodes
