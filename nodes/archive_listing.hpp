// The images of an archive by their numbers, also those whose tables cannot be read. Shared by the
// nodes that list, verify and restore.
#pragma once

#include "formats/archive.hpp"

#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace nodes {

class ArchiveListing {
  public:
    using Entries = std::shared_ptr<const std::vector<formats::ArchiveEntry>>;

    /// Keeps the tables of so many shards: those that were asked for last. Throws
    /// ConfigurationError if there is no archive.
    explicit ArchiveListing(const std::filesystem::path& folder, size_t kept = 8);

    const formats::Archive& archive() const { return archive_; }
    const std::vector<formats::Archive::Shard>& shards() const { return archive_.shards(); }

    /// Of a shard, by its number here; from several threads at once. Throws if its tables are
    /// damaged or the file is missing.
    Entries entries(size_t shard) const;
    /// The paths of a shard whose tables cannot be read, by its plan; nothing if that is damaged
    /// too.
    std::optional<std::vector<std::string>> planned_paths(size_t shard) const;
    /// What stands for the path of an image if nothing knows it: "image 17 of shards/0001-...h5".
    std::string unknown_path(size_t shard, size_t index) const;

  private:
    formats::Archive archive_;
    const size_t kept_;
    mutable std::mutex mutex_;
    mutable std::list<std::pair<size_t, Entries>> cache_;  // the last one first
    mutable formats::ArchivePlan plan_;                    // the last one that was asked for
};

/// Where the paths of an archive's images were, below the folders that were archived.
class ArchiveOrigins {
  public:
    explicit ArchiveOrigins(const std::filesystem::path& archive) : archive_(archive) {}

    /// The path that an image of this shard had below the folder that was archived: without the
    /// plan's prefix. Nothing if the plan is damaged or missing. Throws IoError. From several
    /// threads at once.
    std::optional<std::string> path(const std::string& shard, const std::string& path) const;

  private:
    const std::filesystem::path archive_;
    mutable std::mutex mutex_;
    mutable std::map<int, std::optional<std::string>> prefixes_;  // of each plan
};

}  // namespace nodes
