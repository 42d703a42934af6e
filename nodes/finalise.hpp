// The end of an archive: every shard is checked, and only then the index is written. For the
// process that works alone; `pipeline run finalise` does it with nodes.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

namespace nodes {

/// An archive that is not whole; the program exits with 70.
class IncompleteError : public std::runtime_error {
  public:
    /// `faults`: what is wrong with each shard.
    IncompleteError(const std::filesystem::path& archive, const std::vector<std::string>& faults,
                    size_t shards);
};

/// Throws IncompleteError if a shard is missing or damaged.
void finalise(const std::filesystem::path& archive);

}  // namespace nodes
