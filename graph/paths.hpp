// Where the program's own files are, installed or in its source tree.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace graph {

std::string version();

/// The pipelines that ship, sorted by name.
std::vector<std::filesystem::path> shipped_pipelines();

/// A relative path that is not there, but is among the files that ship, such as
/// data/models/fluorescence.h5: where it is. All others as they are.
std::filesystem::path find_shipped(const std::filesystem::path& path);

}  // namespace graph
