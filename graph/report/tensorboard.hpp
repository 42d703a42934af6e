// A run for TensorBoard.
#pragma once

#include <filesystem>
#include <vector>

namespace graph::report {

/// Writes the figures of runs to FOLDER/RUN/MODEL/SPLIT, under the names of the metrics, so that
/// training and test are curves of one chart, and their pictures to FOLDER/RUN. Done again, it
/// replaces what it wrote. Throws ConfigurationError if one is not the folder of a run,
/// std::system_error.
void write_tensorboard(const std::vector<std::filesystem::path>& runs,
                       const std::filesystem::path& folder);

}  // namespace graph::report
