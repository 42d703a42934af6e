// A part of an index of vectors as it is kept: some vectors and the graph of their nearest
// neighbours (HNSW, Malkov & Yashunin 2018) in one HDF5 file. vector_graph.hpp builds and searches
// the graph, vector_index.hpp puts the parts together.
//
// The graph is kept as datasets, not as hnswlib saves it: hnswlib checks its files neither when it
// writes nor when it reads them, and nobody else can read the vectors out of them.
//
// Layout (see hdf5_file.hpp for the first 512 bytes):
//   /              attributes: format = "latentflow vector segment", version = 1, metric,
//                  dimension, links, effort, source, first, end (the ids [first, end) that the
//                  segment stands for), entry (the vector at which a search begins)
//   /id            (item), uint64, ascending
//   /item_vector   (item), uint32: the vector that it has. Equal ones are kept once: enough of them
//                  (blank images, say) would have each other as neighbours and nobody else
//   /vectors       (vector, feature), float32; of length 1 if the metric is cosine
//   /level         (vector), uint8: the highest layer that a vector is in
//   /links         (vector, link), uint32: how many neighbours in layer 0, then their rows, then 0
//   /upper_links   (row, link), uint32: the same for the layers 1, 2, ... of each vector in turn
#pragma once

#include "formats/vector_options.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace formats {

/// Ids [first, end).
struct IdRange {
    uint64_t first = 0, end = 0;

    bool operator==(const IdRange&) const = default;
};

struct SegmentHeader {
    VectorOptions options;
    IdRange range;

    bool operator==(const SegmentHeader&) const = default;
};

struct VectorSegment {
    SegmentHeader header;
    std::vector<uint64_t> ids;           // ascending
    std::vector<uint32_t> item_vectors;  // of each id; the first of each vector in order
    std::vector<float> vectors;
    std::vector<uint8_t> levels;
    std::vector<uint32_t> links, upper_links;  // rows of width link_width, upper_width
    uint32_t entry = 0;

    size_t link_width() const { return 1 + 2 * static_cast<size_t>(header.options.links); }
    size_t upper_width() const { return 1 + static_cast<size_t>(header.options.links); }
};

/// Publishes it; gives the file's digest (hdf5_digest).
std::string write_segment(const std::filesystem::path& path, const VectorSegment& segment);

/// Throws FormatError if the file is damaged, or if a search in the graph could leave it.
VectorSegment read_segment(const std::filesystem::path& path);

/// Checks the whole file against its digest. Throws FormatError.
SegmentHeader read_segment_header(const std::filesystem::path& path);

}  // namespace formats
