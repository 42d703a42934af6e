// The graph of nearest neighbours over the vectors of a segment, by hnswlib: built, and searched.
// vector_segment.hpp says how it is kept.
#pragma once

#include "formats/vector_segment.hpp"

#include <memory>
#include <span>

namespace formats {

struct Neighbour {
    uint64_t id = 0;
    float distance = 0;  // as the metric has it

    bool operator==(const Neighbour&) const = default;
    /// The nearer first; of equally near ones the one with the lower id.
    bool operator<(const Neighbour& other) const {
        return distance != other.distance ? distance < other.distance : id < other.id;
    }
};

class VectorGraph {
  public:
    /// An empty one with room for so many vectors, to add to.
    VectorGraph(const VectorOptions& options, size_t room);
    /// One that was kept, and checked when it was read.
    explicit VectorGraph(const VectorSegment& segment);
    ~VectorGraph();
    VectorGraph(VectorGraph&&) noexcept;
    VectorGraph& operator=(VectorGraph&&) noexcept;

    size_t size() const;  // ids

    /// Adds a vector that is comparable(); ids ascend. Not from several threads: the graph depends
    /// on the order, and the same vectors are to give the same graph.
    void add(uint64_t id, std::span<const float> vector);

    VectorSegment segment(IdRange range) const;

    /// Appends the nearest of those that a search comes across which keeps `effort` candidates, in
    /// no order; of equal vectors the first k. `query` is comparable(). Safe from several threads
    /// at once.
    void search(std::span<const float> query, size_t k, size_t effort,
                std::vector<Neighbour>& found) const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace formats
