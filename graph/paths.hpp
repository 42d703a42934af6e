// Where the program's own files are, installed or in its source tree.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace graph {

std::string version();

/// The pipelines that ship, sorted by name.
std::vector<std::filesystem::path> shipped_pipelines();

}  // namespace graph
