// See vector_index.hpp: the half that searches.
#include "formats/hdf5_file.hpp"
#include "formats/vector_index.hpp"
#include "formats/vector_manifest.hpp"

#include <algorithm>

namespace formats {

VectorIndex::VectorIndex(const std::filesystem::path& folder) : folder_(folder) {
    if (!std::filesystem::exists(manifest_path(folder)))
        throw FormatError(manifest_path(folder).string() +
                          ": not there: build the index, or go on building it");
    const VectorManifest manifest = read_manifest(folder);
    options_ = manifest.options;
    for (const auto& [range, sha256] : manifest.segments) {
        const auto path = segment_path(folder, range);
        if (!std::filesystem::exists(path))
            throw FormatError(path.string() + ": missing; build the index again");
        const VectorSegment segment = read_segment(path);
        if (hdf5_digest(path) != sha256 || segment.header != SegmentHeader{options_, range})
            throw FormatError(path.string() + ": of another index than " +
                              manifest_path(folder).string() + "; build the index again");
        graphs_.emplace_back(segment);
    }
}

uint64_t VectorIndex::size() const {
    uint64_t sum = 0;
    for (const auto& graph : graphs_) sum += graph.size();
    return sum;
}

std::vector<Neighbour> VectorIndex::search(std::span<const float> vector, size_t k,
                                           size_t effort) const {
    const auto query = comparable(vector, options_, folder_.string());
    if (k == 0) return {};
    std::vector<Neighbour> all;
    for (const auto& graph : graphs_) graph.search(query, k, std::max(k, effort), all);
    std::sort(all.begin(), all.end());
    all.resize(std::min(all.size(), k));
    return all;
}

}  // namespace formats
