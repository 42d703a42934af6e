// See vector_graph.hpp. The only file that includes hnswlib, whose header defines functions.
#include "formats/vector_graph.hpp"

#include "formats/vector_distance.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>

// Its prefetching reads 3 bytes beyond a list, which only the address sanitizer minds.
#ifdef __SANITIZE_ADDRESS__
#define NO_MANUAL_VECTORIZATION
#endif
#include <hnswlib/hnswlib.h>

namespace formats {

namespace {

constexpr size_t seed = 100;  // of the layers that vectors are put in

/// Our distance rather than hnswlib's, which is chosen when compiling.
class Space : public hnswlib::SpaceInterface<float> {
  public:
    explicit Space(size_t dimension) : padded_(padded_dimension(dimension)) {}

    size_t get_data_size() override { return padded_ * sizeof(float); }
    hnswlib::DISTFUNC<float> get_dist_func() override { return squared_distance(); }
    void* get_dist_func_param() override { return &padded_; }

  private:
    size_t padded_;
};

}  // namespace

struct VectorGraph::State {
    VectorOptions options;
    Space space;
    hnswlib::HierarchicalNSW<float> graph;

    State(const VectorOptions& o, size_t room)
        : options(o),
          space(o.dimension),
          graph(&space, std::max<size_t>(room, 1), static_cast<size_t>(o.links),
                static_cast<size_t>(o.effort), seed) {}

    std::vector<float> padded(std::span<const float> vector) const {
        std::vector<float> copy(padded_dimension(options.dimension));
        std::copy(vector.begin(), vector.end(), copy.begin());
        return copy;
    }

    float distance(float squared) const {
        return options.metric == Metric::cosine ? squared / 2 : std::sqrt(squared);
    }

    const uint32_t* links(size_t row, int layer) const {
        return graph.get_linklist_at_level(static_cast<uint32_t>(row), layer);
    }

    /// Takes a vector back with its links, which are those of all layers.
    void restore(size_t row, uint64_t id, std::span<const float> vector, const uint32_t* links,
                 const uint32_t* upper, int level) {
        const auto place = static_cast<uint32_t>(row);
        const std::vector<float> data = padded(vector);
        std::memset(graph.get_linklist0(place), 0, graph.size_data_per_element_);
        std::memcpy(graph.get_linklist0(place), links, graph.size_links_level0_);
        std::memcpy(graph.getDataByInternalId(place), data.data(), data.size() * sizeof(float));
        graph.setExternalLabel(place, id);
        if (level > 0) {
            const size_t bytes = graph.size_links_per_element_ * static_cast<size_t>(level);
            auto* list = static_cast<char*>(std::malloc(bytes));  // hnswlib frees it
            if (!list) throw std::bad_alloc();
            std::memcpy(list, upper, bytes);
            graph.linkLists_[place] = list;
        }
        graph.element_levels_[place] = level;
        graph.cur_element_count = row + 1;
    }
};

VectorGraph::VectorGraph(const VectorOptions& options, size_t room)
    : state_(std::make_unique<State>(options, room)) {}

VectorGraph::VectorGraph(const VectorSegment& segment)
    : VectorGraph(segment.header.options, segment.ids.size()) {
    const size_t dimension = state_->options.dimension;
    const uint32_t* upper = segment.upper_links.data();
    for (size_t i = 0; i < segment.ids.size(); ++i) {
        state_->restore(i, segment.ids[i],
                        std::span(segment.vectors).subspan(i * dimension, dimension),
                        segment.links.data() + i * segment.link_width(), upper, segment.levels[i]);
        upper += segment.upper_width() * segment.levels[i];
    }
    if (segment.ids.empty()) return;
    state_->graph.enterpoint_node_ = segment.entry;
    state_->graph.maxlevel_ = segment.levels[segment.entry];
}

VectorGraph::~VectorGraph() = default;
VectorGraph::VectorGraph(VectorGraph&&) noexcept = default;
VectorGraph& VectorGraph::operator=(VectorGraph&&) noexcept = default;

size_t VectorGraph::size() const { return state_->graph.cur_element_count; }

void VectorGraph::add(uint64_t id, std::span<const float> vector) {
    state_->graph.addPoint(state_->padded(vector).data(), id);
}

VectorSegment VectorGraph::segment(IdRange range) const {
    const auto& graph = state_->graph;
    const size_t dimension = state_->options.dimension;
    VectorSegment segment;
    segment.header = {state_->options, range};
    segment.vectors.reserve(size() * dimension);
    segment.links.reserve(size() * segment.link_width());
    const auto append = [](std::vector<uint32_t>& to, const uint32_t* row, size_t width) {
        const size_t used = 1 + row[0];
        to.insert(to.end(), row, row + used);
        to.resize(to.size() + width - used);  // links that were dropped again are not kept
    };
    for (size_t i = 0; i < size(); ++i) {
        const auto place = static_cast<uint32_t>(i);
        const auto* data = reinterpret_cast<const float*>(graph.getDataByInternalId(place));
        const int level = graph.element_levels_[i];
        segment.ids.push_back(graph.getExternalLabel(place));
        segment.vectors.insert(segment.vectors.end(), data, data + dimension);
        segment.levels.push_back(static_cast<uint8_t>(level));
        append(segment.links, state_->links(i, 0), segment.link_width());
        for (int layer = 1; layer <= level; ++layer)
            append(segment.upper_links, state_->links(i, layer), segment.upper_width());
    }
    if (size() > 0) segment.entry = graph.enterpoint_node_;
    return segment;
}

std::vector<Neighbour> VectorGraph::search(std::span<const float> query, size_t effort) const {
    auto found = state_->graph.searchKnn(state_->padded(query).data(), effort);
    std::vector<Neighbour> neighbours;
    neighbours.reserve(found.size());
    for (; !found.empty(); found.pop())
        neighbours.push_back({found.top().second, state_->distance(found.top().first)});
    return neighbours;
}

}  // namespace formats
