// See estimate.hpp. An item is at one place of the graph at a time, with what it has been made of
// and into: the most that may live at once, times the items in flight, is an upper bound. What a
// node needs for itself it says.
#include "graph/estimate.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

namespace graph {

namespace {

constexpr uint64_t value_bytes = sizeof(float);
constexpr size_t peeked_items = 8;

bool is_known(const Shape& shape) {
    return !shape.empty() && *std::min_element(shape.begin(), shape.end()) >= 0;
}

double volume(const Shape& shape) {
    return std::accumulate(shape.begin(), shape.end(), 1.0, [](double product, int64_t side) {
        return product * static_cast<double>(side);
    });
}

/// The largest of some of the source's items, as the node reads them.
Shape peek(const Spec& spec, const void* params, const Source& source, uint64_t items) {
    Shape largest;
    const uint64_t step = std::max<uint64_t>(1, items / peeked_items);
    for (uint64_t i = 0; i < items; i += step) try {
            const Shape shape = spec.peek(params, source.item(i).name);
            if (is_known(shape) && (largest.empty() || volume(shape) > volume(largest)))
                largest = shape;
        } catch (const std::exception&) {
            // A bad item is the run's business.
        }
    return largest;
}

/// What each node makes of an item of one source.
class Flow {
  public:
    Flow(const Plan& plan, size_t source, const Source& items, uint64_t count)
        : nodes_(plan.nodes),
          shapes_(nodes_.size()),
          items_(nodes_.size()),
          parts_(nodes_.size()),
          last_use_(nodes_.size()) {
        items_[source] = 1;
        parts_[source] = 1;
        for (size_t i = source; i < nodes_.size(); ++i) {
            follow(i);
            if (items_[i] == 0) continue;
            const PlannedNode& node = nodes_[i];
            shapes_[i] = node.shapes;
            if (node.spec->peek && fed_by(i, source))
                shapes_[i][0] = peek(*node.spec, node.params.get(), items, count);
            else if (node.spec->shapes)
                shapes_[i] = shapes_of(i);
        }
    }

    /// Bytes of the messages of one item, at most.
    double bytes_of_item() const {
        double most = 0;
        for (size_t at = 0; at < nodes_.size(); ++at) {
            double alive = 0;
            for (size_t i = 0; i <= at; ++i)
                for (size_t port = 0; port < shapes_[i].size(); ++port)
                    if (last_use_[i] >= at && is_known(shapes_[i][port])) alive += bytes(i, port);
            most = std::max(most, alive);
        }
        return most;
    }

    /// Nodes that make messages of which it is not known how large they are.
    void add_unknown(std::vector<std::string>& unknown) const {
        for (size_t i = 0; i < nodes_.size(); ++i)
            for (size_t port = 0; port < shapes_[i].size(); ++port)
                if (flows(i, port) && !nodes_[i].spec->is_source && !is_known(shapes_[i][port]))
                    unknown.push_back(nodes_[i].id);
    }

    bool reaches(size_t node) const { return items_[node] > 0; }
    size_t items(size_t node) const { return items_[node]; }
    std::vector<Shape> inputs(size_t node) const {
        std::vector<Shape> shapes;
        for (const auto& links : nodes_[node].inputs) {
            shapes.emplace_back();
            if (!links.empty() && !shapes_[links[0].node].empty())
                shapes.back() = shapes_[links[0].node][links[0].port];
        }
        return shapes;
    }

  private:
    bool flows(size_t node, size_t port) const { return nodes_[node].clocks[port] != Clock::epoch; }
    double bytes(size_t node, size_t port) const {
        return flows(node, port)
                   ? volume(shapes_[node][port]) * static_cast<double>(value_bytes) * parts_[node]
                   : 0;
    }
    bool fed_by(size_t node, size_t source) const {
        return !nodes_[node].inputs.empty() && !nodes_[node].inputs[0].empty() &&
               nodes_[node].inputs[0][0].node == source;
    }

    /// How many items a message of a node's outputs stands for, and of how many parts it may be
    /// one.
    void follow(size_t i) {
        const PlannedNode& node = nodes_[i];
        bool of_items = false;
        for (const auto& links : node.inputs)
            for (const Link& link : links) {
                if (items_[link.node] == 0 || nodes_[link.node].clocks[link.port] == Clock::epoch)
                    continue;
                items_[i] = std::max(items_[i], items_[link.node]);
                parts_[i] = std::max(parts_[i], parts_[link.node]);
                last_use_[link.node] = i;
                of_items = of_items || nodes_[link.node].clocks[link.port] == Clock::item;
            }
        if (items_[i] == 0) return;
        const auto makes_batches =
            std::find(node.clocks.begin(), node.clocks.end(), Clock::batch) != node.clocks.end();
        if (of_items && makes_batches && node.spec->holds)
            items_[i] *= std::max<size_t>(1, node.spec->holds(node.params.get()));
        if (node.spec->parts)
            parts_[i] *= static_cast<double>(
                std::max<size_t>(1, node.spec->parts(node.params.get(), inputs(i).at(0))));
    }

    std::vector<Shape> shapes_of(size_t i) const try {
        auto shapes = nodes_[i].spec->shapes(nodes_[i].params.get(), inputs(i));
        shapes.resize(nodes_[i].clocks.size());
        return shapes;
    } catch (const std::exception&) {
        return nodes_[i].shapes;  // an item that does not fit is set aside
    }

    const std::vector<PlannedNode>& nodes_;
    std::vector<std::vector<Shape>> shapes_;  // of each output
    std::vector<size_t> items_;               // 0: no message of this source
    std::vector<double> parts_;
    std::vector<size_t> last_use_;  // the last node that takes what a node makes
};

uint64_t rounded(double bytes) { return static_cast<uint64_t>(std::min(bytes, 1e18)); }

}  // namespace

uint64_t MemoryEstimate::total() const {
    double sum = static_cast<double>(program);
    for (const Part& part : parts) sum += static_cast<double>(part.bytes);
    return rounded(sum);
}

const MemoryEstimate::Part& MemoryEstimate::largest() const {
    return *std::max_element(parts.begin(), parts.end(),
                             [](const Part& a, const Part& b) { return a.bytes < b.bytes; });
}

MemoryEstimate estimate_memory(const Plan& plan, const std::vector<const Source*>& sources,
                               const std::vector<uint64_t>& items,
                               const std::vector<uint64_t>& messages, int threads) {
    MemoryEstimate all;
    all.program = 48'000'000 + 4'000'000 * static_cast<uint64_t>(threads);
    for (size_t source = 0; source < plan.nodes.size(); ++source) {
        if (sources[source] == nullptr) continue;
        const Flow flow(plan, source, *sources[source], items[source]);
        const uint64_t flying =
            std::min(static_cast<uint64_t>(plan.settings.max_in_flight), messages[source]);
        const double each = flow.bytes_of_item();
        // And what threads have at hand while they make one thing of another.
        const double bytes = each * static_cast<double>(flying + static_cast<uint64_t>(threads));
        all.parts.push_back(
            {source, rounded(bytes), rounded(each),
             fmt::format("{} items in flight of '{}'", flying, plan.nodes[source].id)});
        if (const uint64_t numbers = 8 * items[source]; numbers > 1'000'000)
            all.parts.push_back(
                {source, numbers, 0,
                 fmt::format("the numbers of the items of '{}'", plan.nodes[source].id)});
        flow.add_unknown(all.unknown);
        for (size_t i = 0; i < plan.nodes.size(); ++i) {
            const Spec& spec = *plan.nodes[i].spec;
            if (!spec.memory || !flow.reaches(i)) continue;
            const uint64_t own =
                spec.memory(plan.nodes[i].params.get(), flow.inputs(i), flow.items(i));
            if (own > 0) all.parts.push_back({i, own, 0, fmt::format("'{}'", plan.nodes[i].id)});
        }
    }
    return all;
}

}  // namespace graph
