// Reads a pipeline's file and those that it includes, as one.
#pragma once

#include "graph/value.hpp"

#include <filesystem>

namespace graph {

/// The top-level map, with the sections name, params, run, nodes and sweep, all present, the three
/// in the middle maps. What the file says overrides what it includes: a parameter or a setting key
/// by key; a node that gives `op` replaces the included one, else its options are changed one by
/// one; a sweep replaces another. A name is not inherited: two files must not write to one folder.
/// Throws std::system_error if a disk fails.
Value read_pipeline(const std::filesystem::path& path, Errors& errors);

}  // namespace graph
