// The messages between the nodes that write archives and those that read them.
#pragma once

#include "formats/archive_entry.hpp"
#include "formats/archive_index.hpp"
#include "formats/archive_plan.hpp"
#include "formats/frame.hpp"
#include "graph/node.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace nodes {

/// A shard that is to be written.
struct ShardJob {
    std::shared_ptr<const formats::ArchivePlan> plan;
    size_t shard = 0;
    std::shared_ptr<const formats::PlannedFiles> files = {};  // of images that go into it
};

/// A file that goes into a shard.
struct PlannedImage {
    std::string file;  // as it can be opened
    ShardJob job;
    size_t index = 0;  // in the shard

    const formats::PlannedFile& planned() const { return job.files->at(index); }
};

/// Its bytes, which are those that were planned.
struct OriginalImage {
    PlannedImage image;
    std::vector<std::byte> bytes;
};

/// An image as an archive keeps it, before it is in a shard.
struct EncodedImage {
    PlannedImage image;
    formats::ArchiveEntry entry;
    std::vector<std::byte> data, latents;
};

/// An image of an archive: which, and where.
struct StoredImage {
    uint64_t id = 0;  // its number in the archive
    formats::ArchiveEntry entry;
    std::string shard;                 // of the file's name, without .h5
    bool shard_is_whole = false;       // every byte of that file, where this was asked for
    std::vector<std::byte> data = {};  // checked; empty until it is read
    std::vector<std::byte> latents = {};

    /// For errors: "plate1/a.tif (image 17)".
    std::string place() const { return entry.path + " (image " + std::to_string(id) + ")"; }
};

/// What became of one: a frame, or the original's bytes.
struct RestoredImage {
    uint64_t id = 0;
    formats::ArchiveEntry entry;
    std::optional<formats::Frame> frame;
    std::vector<std::byte> original;
    std::string shard;  // as of StoredImage
    bool shard_is_whole = false;
};

/// One whose stored form was read and decoded, and whether its original is still what was archived.
struct VerifiedImage {
    enum class Original { unknown, same, changed, missing };
    uint64_t id = 0;
    std::string path;
    Original original = Original::unknown;
    bool shard_is_whole = false;
};

}  // namespace nodes

namespace graph {
template <>
inline constexpr const char* port_type<nodes::ShardJob> = "shard";
template <>
inline constexpr const char* port_type<formats::ShardSummary> = "shard summary";
template <>
inline constexpr const char* port_type<nodes::PlannedImage> = "planned image";
template <>
inline constexpr const char* port_type<nodes::OriginalImage> = "original image";
template <>
inline constexpr const char* port_type<nodes::EncodedImage> = "encoded image";
template <>
inline constexpr const char* port_type<nodes::StoredImage> = "stored image";
template <>
inline constexpr const char* port_type<nodes::RestoredImage> = "restored image";
template <>
inline constexpr const char* port_type<nodes::VerifiedImage> = "verified image";
}  // namespace graph
