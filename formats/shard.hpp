// A shard of an archive: the streams of some images and what is known of them, in one HDF5 file
// that any client reads, and once more as a table at its end (archive_table.hpp), which is what we
// read. Equal content gives equal bytes.
//
// Layout (see hdf5_file.hpp for the first 512 bytes):
//   /       attributes: format = "latentflow shard", version = 1, id, settings, software
//   /bytes  uint8, contiguous: all images' data, one after the other
//   /offset /length              of an image's data in /bytes
//   /path /sha256 /size          of the file that was archived
//   /coding /model /width /height /channels /pages /type /tags /psnr /ssim /max_error /digest
//   /latents                     uint8, contiguous: zlib of int16, one image after the other
//   /latents_offset /latents_length /latents_of
// The names are those of the table's columns, whose offsets are in the file instead.
#pragma once

#include "formats/archive_entry.hpp"
#include "formats/publish.hpp"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace formats {

struct ShardHeader {
    std::string id;        // see archive_plan.hpp
    std::string settings;  // as in the plan
    std::string software;
};

/// Collects a shard in memory, which is the bytes of its streams, and writes it whole.
class ShardWriter {
  public:
    explicit ShardWriter(ShardHeader header) : header_(std::move(header)) {}

    /// Sets the entry's blobs from the bytes; their offsets follow when the file is written.
    void add(ArchiveEntry entry, std::span<const std::byte> data,
             std::span<const std::byte> latents = {});
    size_t size() const { return entries_.size(); }

    /// False if a file was there: then that one stays.
    bool publish(const std::filesystem::path& file);
    const std::vector<ArchiveEntry>& entries() const { return entries_; }

  private:
    ShardHeader header_;
    std::vector<ArchiveEntry> entries_;
    std::vector<std::byte> data_, latents_;
};

/// What is known of a shard once it was read from one end to the other.
struct CheckedShard {
    std::string sha256;  // of the whole file
    std::vector<ArchiveEntry> entries;
};

/// Throws FormatError if one byte is not as it was written, and IoError.
CheckedShard check_shard(const std::filesystem::path& file);

/// The entries of a shard by the table at its end; the rest of the file may be damaged.
std::vector<ArchiveEntry> read_shard_entries(const std::filesystem::path& file);

}  // namespace formats
