// Training that begins with what another has learnt.
#pragma once

#include "models/model.hpp"

#include <filesystem>

namespace nodes {

/// Gives a model the weights of a checkpoint or of a frozen codec, but not what its optimiser knew.
/// `path`: a file or a run's folder. Throws ConfigurationError if the weights are not of the same
/// names and shapes.
void start_from(models::Model& model, const std::filesystem::path& path);

}  // namespace nodes
