// The index of an archive: one HDF5 file in which any client sees all images, by virtual datasets
// over the shards. libhdf5 reads a missing shard as fill values, and with success: so our own
// reader (archive.hpp) takes the tables at the end of the file, and never follows those.
//
// Layout (see hdf5_file.hpp for the first 512 bytes):
//   /       attributes: format = "latentflow archive", version = 1, pipeline (of the first plan),
//           software
//   /id                          0, 1, 2, ...: the images' numbers, and the dimension's scale
//   /offset /length              of an image's data in /bytes
//   /latents_offset /latents_length
//   all others of a shard        virtual
//   behind it: a copy of each shard's table, then the directory: a table (archive_table.hpp) with
//   a row for each shard: name, sha256, first, images, offset, length, digest (of the copy)
#pragma once

#include "formats/archive_plan.hpp"
#include "formats/shard.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace formats {

/// What the index keeps of a shard that was checked.
struct ShardSummary {
    std::string name;    // of its file, without .h5
    std::string sha256;  // of its file
    std::vector<uint64_t> data_lengths, latents_lengths;

    uint64_t images() const { return data_lengths.size(); }
};

/// Reads a shard from one end to the other. Throws FormatError unless every byte is as it was
/// written and it holds the files that the plan has for it.
ShardSummary check_planned_shard(const std::filesystem::path& archive, const ArchivePlan& plan,
                                 size_t shard);

/// Publishes index.h5 and SHA256SUMS over these, which are all shards of all plans in their order.
void write_index(const std::filesystem::path& archive, const std::vector<ArchivePlan>& plans,
                 const std::vector<ShardSummary>& shards);

/// File, below the archive, to digest: as `sha256sum -c SHA256SUMS` reads them. Throws FormatError.
std::map<std::string, std::string> read_sums(const std::filesystem::path& archive);

}  // namespace formats
