// A run for TensorBoard.
#pragma once

#include <filesystem>

namespace graph::report {

/// Writes the figures of a run to FOLDER/RUN/MODEL/SPLIT, under the names of the metrics, so that
/// training and test are curves of one chart, and its pictures to FOLDER/RUN. Done again, it
/// replaces what it wrote. Throws ConfigurationError if `run` is not the folder of a run,
/// std::system_error.
void write_tensorboard(const std::filesystem::path& run, const std::filesystem::path& folder);

}  // namespace graph::report
