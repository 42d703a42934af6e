// An index of many vectors of one dimension, in a folder: segments (vector_segment.hpp) of so many
// ids each, and index.h5, which names them and comes last. Building is resumable, because a segment
// that is there is not built again; bounded in memory, because only those at work are held; and
// deterministic: the same vectors give the same bytes, for any number of threads.
//
//   index.h5                    attributes: format = "latentflow vector index", version = 1, and
//                               metric, dimension, links, effort, source as in a segment;
//                               datasets over (segment): first, end (uint64), sha256
//   vectors_FIRST_END.h5        a segment: ids [FIRST, END)
#pragma once

#include "formats/vector_graph.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

namespace formats {

struct BuildOptions {
    uint64_t ids = 0;               // the ids are [0, ids); some may have no vector
    uint64_t segment_ids = 100000;  // of a segment, the last may have fewer
    int threads = 1;                // segments that are built at once, each by one thread
};

class VectorIndexWriter {
  public:
    /// Makes the folder, or looks at what is done in it already; removes what killed processes
    /// left. Throws FormatError if the folder has an index of other options; IoError.
    VectorIndexWriter(const std::filesystem::path& folder, const VectorOptions& options,
                      const BuildOptions& build);
    /// Waits for the segments at work. What is not published is lost.
    ~VectorIndexWriter();
    VectorIndexWriter(const VectorIndexWriter&) = delete;
    VectorIndexWriter& operator=(const VectorIndexWriter&) = delete;

    /// The ids whose vectors are still needed, in ascending order.
    const std::vector<IdRange>& missing() const;
    /// Files that were found damaged, which are made again.
    const std::vector<std::filesystem::path>& damaged() const;

    /// Ids must ascend; one that is not missing is passed over. Blocks while `threads` segments are
    /// at work. Throws FormatError if the vector is of another dimension or not finite, and what
    /// a segment before met.
    void append(uint64_t id, std::span<const float> vector);

    /// Builds what is left, publishes the index and removes segments that it does not need (of an
    /// index that had fewer ids). Call it once.
    void finish();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

class VectorIndex {
  public:
    /// Reads and checks all of it. Throws FormatError if it is not finished or damaged.
    explicit VectorIndex(const std::filesystem::path& folder);

    const VectorOptions& options() const { return options_; }
    uint64_t size() const;  // vectors

    static constexpr size_t default_effort = 48;

    /// The k nearest, nearest first, equally near ones by id; all if there are no more than k.
    /// Each segment keeps `effort` candidates (at least k): more find more of the true nearest,
    /// and take longer. Safe from several threads at once. Throws FormatError if the vector is of
    /// another dimension or not finite.
    std::vector<Neighbour> search(std::span<const float> vector, size_t k,
                                  size_t effort = default_effort) const;

  private:
    std::filesystem::path folder_;
    VectorOptions options_;
    std::vector<VectorGraph> graphs_;
};

}  // namespace formats
