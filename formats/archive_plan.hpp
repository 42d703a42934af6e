// The plan of an archive: which files go into it, in which shards, and how they are to be encoded.
// It is made once, so that a hundred processes at different times agree on what a shard is.
//
// An archive's folder (formats/archive.md):
//   plans/0001.h5 ...          appending adds one
//   models/DIGEST.h5, DIGEST_copy.h5
//   shards/PPPP-SSSSSS-ID.h5   plan, shard of the plan, first digits of the shard's id
//   index.h5, SHA256SUMS       written by finalise, once all shards are there and right
//
// Layout of a plan (see hdf5_file.hpp for the first 512 bytes):
//   /        attributes: format = "latentflow plan", version = 1, number, input, settings, model,
//            pipeline (YAML), software
//   /path /size /sha256                    of each file, in the order of the archive
//   /shard_first /shard_count /shard_id    of each shard: its files
#pragma once

#include "formats/digest.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace formats {

struct PlannedFile {
    std::string path;  // below the input; with '/'
    uint64_t size = 0;
    StoredDigest sha256;
    bool operator==(const PlannedFile&) const = default;
};

struct PlannedShard {
    uint64_t first = 0, count = 0;  // of the plan's files
    std::string id;                 // SHA-256 of its files, the settings and the model
};

using PlannedFiles = std::vector<PlannedFile>;

class PlanReader;

struct ArchivePlan {
    int number = 1;
    std::string input;     // the folder that paths are below
    std::string prefix;    // put before the paths within the archive: "" or "plate7/"
    std::string settings;  // how images are encoded, and what is promised of them
    std::string model;     // digest of the frozen codec: 16 digits
    std::string pipeline;  // that made it, resolved
    std::string software;  // and the program's name and version
    PlannedFiles files;    // of a plan that is being made; of one that was read: see files_of
    std::vector<PlannedShard> shards;
    std::shared_ptr<const PlanReader> reader;  // of one that was read

    /// "0001-000012-3f2a...": the name of a shard's file, without .h5.
    std::string shard_name(size_t shard) const;
    /// Reads them, because there may be millions; from any thread. Throws FormatError.
    PlannedFiles files_of(size_t shard) const;
};

/// What the name of a shard's file says.
struct ShardPlace {
    int plan = 0;
    size_t shard = 0;  // of the plan
};
/// Throws FormatError if it is not the name of one.
ShardPlace shard_place(const std::string& shard_name);

/// Fixed ranges of so many files, or fewer if their bytes would be more; ids and all.
std::vector<PlannedShard> cut_shards(const ArchivePlan& plan, uint64_t max_files,
                                     uint64_t max_bytes);

std::filesystem::path plan_file(const std::filesystem::path& archive, int number);
std::filesystem::path shard_file(const std::filesystem::path& archive, const std::string& name);
std::filesystem::path model_file(const std::filesystem::path& archive, const std::string& digest);
std::filesystem::path index_file(const std::filesystem::path& archive);

/// Of all folders of an archive: what killed processes of this machine left half written.
void remove_stale_archive_temporaries(const std::filesystem::path& archive);

/// The first to publish wins: false if a plan of this number was there. Makes the folders.
bool write_plan(const std::filesystem::path& archive, const ArchivePlan& plan);
/// Without its files, which are read when they are asked for. Throws FormatError.
ArchivePlan read_plan(const std::filesystem::path& file);
/// The same without shards.
ArchivePlan read_plan_header(const std::filesystem::path& file);
/// All of an archive, by number. Throws FormatError if one is missing or damaged.
std::vector<ArchivePlan> read_plans(const std::filesystem::path& archive);

}  // namespace formats
