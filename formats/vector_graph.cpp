// See vector_graph.hpp. The only file that includes hnswlib, whose header defines functions.
#include "formats/vector_graph.hpp"

#include "formats/vector_distance.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <new>
#include <string_view>
#include <unordered_map>

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
    explicit Space(const VectorOptions& options)
        : padded_(padded_dimension(options.dimension + (options.metric == Metric::cosine))) {}

    size_t get_data_size() override { return padded_ * sizeof(float); }
    hnswlib::DISTFUNC<float> get_dist_func() override { return squared_distance(); }
    void* get_dist_func_param() override { return &padded_; }

  private:
    size_t padded_;
};

}  // namespace

struct VectorGraph::State {
    static constexpr uint32_t none = UINT32_MAX;

    VectorOptions options;
    Space space;
    hnswlib::HierarchicalNSW<float> graph;  // of vectors that differ, labelled by their number
    std::vector<uint64_t> ids;
    std::vector<uint32_t> item_vectors;  // of each id
    std::vector<uint32_t> first, last;   // of the items that have a vector
    std::vector<uint32_t> next;          // after each item: another that has its vector, or none
    std::unordered_multimap<size_t, uint32_t> by_hash;  // vectors that were added

    State(const VectorOptions& o, size_t room)
        : options(o),
          space(o),
          graph(&space, std::max<size_t>(room, 1), static_cast<size_t>(o.links),
                static_cast<size_t>(o.effort), seed) {}

    /// With zeros at the end. One of zeros only, a blank image, has no angle to others: with a 1
    /// behind the others' last value it is as far from them as a right angle. At the origin it
    /// would be the nearest of all, and the graph be nothing but links to it.
    std::vector<float> padded(std::span<const float> vector) {
        std::vector<float> copy(space.get_data_size() / sizeof(float));
        std::copy(vector.begin(), vector.end(), copy.begin());
        const auto is_zero = [](float value) { return value == 0; };
        if (options.metric == Metric::cosine && std::all_of(vector.begin(), vector.end(), is_zero))
            copy[options.dimension] = 1;
        return copy;
    }

    float distance(float squared) const {
        return options.metric == Metric::cosine ? squared / 2 : std::sqrt(squared);
    }

    const uint32_t* links(size_t row, int layer) const {
        return graph.get_linklist_at_level(static_cast<uint32_t>(row), layer);
    }

    /// Says that an item has a vector, which may be a new one.
    void put(uint64_t id, uint32_t vector) {
        const auto item = static_cast<uint32_t>(ids.size());
        ids.push_back(id);
        item_vectors.push_back(vector);
        next.push_back(none);
        if (vector == first.size()) {
            first.push_back(item);
            last.push_back(item);
        } else {
            next[last[vector]] = item;
            last[vector] = item;
        }
    }

    /// The number of a vector that was added, or none.
    uint32_t equal_to(const std::vector<float>& vector, size_t hash) const {
        const auto [begin, end] = by_hash.equal_range(hash);
        for (auto one = begin; one != end; ++one)
            if (std::memcmp(graph.getDataByInternalId(one->second), vector.data(),
                            vector.size() * sizeof(float)) == 0)
                return one->second;
        return none;
    }

    /// Takes a vector back with its links, which are those of all layers.
    void restore(size_t row, std::span<const float> vector, const uint32_t* links,
                 const uint32_t* upper, int level) {
        const auto place = static_cast<uint32_t>(row);
        const std::vector<float> data = padded(vector);
        std::memset(graph.get_linklist0(place), 0, graph.size_data_per_element_);
        std::memcpy(graph.get_linklist0(place), links, graph.size_links_level0_);
        std::memcpy(graph.getDataByInternalId(place), data.data(), data.size() * sizeof(float));
        graph.setExternalLabel(place, row);
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
    : VectorGraph(segment.header.options, segment.levels.size()) {
    const size_t dimension = state_->options.dimension;
    const uint32_t* upper = segment.upper_links.data();
    for (size_t i = 0; i < segment.ids.size(); ++i)
        state_->put(segment.ids[i], segment.item_vectors[i]);
    for (size_t i = 0; i < segment.levels.size(); ++i) {
        state_->restore(i, std::span(segment.vectors).subspan(i * dimension, dimension),
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

size_t VectorGraph::size() const { return state_->ids.size(); }

void VectorGraph::add(uint64_t id, std::span<const float> vector) {
    const std::vector<float> data = state_->padded(vector);
    const size_t hash = std::hash<std::string_view>()(
        {reinterpret_cast<const char*>(data.data()), data.size() * sizeof(float)});
    uint32_t number = state_->equal_to(data, hash);
    if (number == State::none) {
        number = static_cast<uint32_t>(state_->graph.cur_element_count);
        state_->graph.addPoint(data.data(), number);
        state_->by_hash.emplace(hash, number);
    }
    state_->put(id, number);
}

VectorSegment VectorGraph::segment(IdRange range) const {
    const auto& graph = state_->graph;
    const size_t dimension = state_->options.dimension;
    VectorSegment segment;
    segment.header = {state_->options, range};
    segment.vectors.reserve(graph.cur_element_count * dimension);
    segment.links.reserve(graph.cur_element_count * segment.link_width());
    const auto append = [](std::vector<uint32_t>& to, const uint32_t* row, size_t width) {
        const size_t used = 1 + row[0];
        to.insert(to.end(), row, row + used);
        to.resize(to.size() + width - used);  // links that were dropped again are not kept
    };
    segment.ids = state_->ids;
    segment.item_vectors = state_->item_vectors;
    const size_t vectors = graph.cur_element_count;
    for (size_t i = 0; i < vectors; ++i) {
        const auto place = static_cast<uint32_t>(i);
        const auto* data = reinterpret_cast<const float*>(graph.getDataByInternalId(place));
        const int level = graph.element_levels_[i];
        segment.vectors.insert(segment.vectors.end(), data, data + dimension);
        segment.levels.push_back(static_cast<uint8_t>(level));
        append(segment.links, state_->links(i, 0), segment.link_width());
        for (int layer = 1; layer <= level; ++layer)
            append(segment.upper_links, state_->links(i, layer), segment.upper_width());
    }
    if (vectors > 0) segment.entry = graph.enterpoint_node_;
    return segment;
}

void VectorGraph::search(std::span<const float> query, size_t k, size_t effort,
                         std::vector<Neighbour>& found) const {
    auto vectors = state_->graph.searchKnn(state_->padded(query).data(), effort);
    for (; !vectors.empty(); vectors.pop()) {
        const auto [squared, vector] = vectors.top();
        uint32_t item = state_->first[vector];
        for (size_t i = 0; i < k && item != State::none; ++i, item = state_->next[item])
            found.push_back({state_->ids[item], state_->distance(squared)});
    }
}

}  // namespace formats
