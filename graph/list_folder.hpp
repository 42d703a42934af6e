// What is in a folder.
#pragma once

#include <filesystem>
#include <vector>

namespace graph {

/// All that is in it, sorted. Throws std::system_error, which names it, as the iterators' own does
/// not.
std::vector<std::filesystem::path> list_folder(const std::filesystem::path& folder);

}  // namespace graph
