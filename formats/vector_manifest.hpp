// index.h5 of an index of vectors: what it is, and which segments it has (vector_index.hpp).
#pragma once

#include "formats/vector_segment.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace formats {

struct VectorManifest {
    struct Segment {
        IdRange range;
        std::string sha256;  // hdf5_digest of the file
    };
    VectorOptions options;
    std::vector<Segment> segments;
};

std::filesystem::path manifest_path(const std::filesystem::path& folder);
std::filesystem::path segment_path(const std::filesystem::path& folder, IdRange range);
/// Whether a file name is one of segment_path's.
bool is_segment(const std::filesystem::path& path);

void write_manifest(const std::filesystem::path& folder, const VectorManifest& manifest);
/// Throws FormatError if it is damaged or makes no sense.
VectorManifest read_manifest(const std::filesystem::path& folder);

}  // namespace formats
