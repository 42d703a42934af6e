// Reads an archive: which images there are, and their bytes, each checked against its SHA-256. It
// goes by the tables at the end of the files, of which the index has a copy of each shard's: where
// one is damaged, the other serves, and libhdf5 is not asked.
#pragma once

#include "formats/archive_entry.hpp"
#include "formats/archive_plan.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace formats {

class Archive {
  public:
    struct Shard {
        std::string name;
        uint64_t first = 0, images = 0;  // the number of its first image
        std::string sha256;              // of its file; "" if the index could not be read
        Blob table;                      // the copy in the index; length 0: none
    };

    /// Throws FormatError if there is no archive. Where the index is missing or damaged, or older
    /// than a plan, it goes by the plans, and without them by the shards that are there:
    /// complaints() says so. An image has the same number in any case but the last.
    explicit Archive(std::filesystem::path folder);

    const std::filesystem::path& folder() const { return folder_; }
    const std::vector<Shard>& shards() const { return shards_; }
    uint64_t size() const;  // images
    const std::vector<std::string>& complaints() const { return complaints_; }

    /// By the index, or else by the shard's own table. Throws FormatError if both are damaged.
    std::vector<ArchiveEntry> entries(const Shard& shard) const;
    /// Of the image of that number; throws FormatError if there is none.
    const Shard& shard_of(uint64_t id) const;

    /// Throws FormatError that names the image if its bytes are not as they were written.
    std::vector<std::byte> read(const Shard& shard, const ArchiveEntry& entry,
                                const Blob& blob) const;

  private:
    void read_directory();
    void add_plans(int first);
    void list_shards();
    void add(const std::string& name, uint64_t images);

    std::filesystem::path folder_;
    std::vector<Shard> shards_;
    std::vector<std::string> complaints_;
};

/// As Archive::read, for whoever knows the shard's name.
std::vector<std::byte> read_stored(const std::filesystem::path& archive, const std::string& shard,
                                   const ArchiveEntry& entry, const Blob& blob);

}  // namespace formats
