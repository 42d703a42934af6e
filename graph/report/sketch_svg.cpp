// Draws a sketch. An output has a lane from its node's row down to the last of those that it
// feeds; a node stands in the lane of an input that ends there, so that chains are straight.
#include "graph/report/html.hpp"
#include "graph/report/sketch.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>

namespace graph::report {
namespace {

constexpr double row_height = 42, lane_width = 12, margin = 10;
constexpr size_t colours_in_all = 8;  // in page.cpp
constexpr size_t longest_text = 60;

using Output = std::pair<size_t, std::string>;  // node and port

double x_of(size_t lane) { return margin + static_cast<double>(lane) * lane_width; }
double y_of(size_t row) { return (static_cast<double>(row) + 0.5) * row_height; }

class Lanes {
  public:
    explicit Lanes(const Sketch& sketch) : sketch_(sketch) {
        for (const auto& node : sketch.nodes)
            for (const auto& link : node.links) ++left_[output_of(link)];
        for (size_t row = 0; row < sketch.nodes.size(); ++row) place(row);
    }

    std::string links, dots;  // SVG
    size_t count() const { return lanes_.size(); }

  private:
    static Output output_of(const Sketch::Link& link) { return {link.from, link.port}; }

    size_t take_lane(const Output& output) {
        const auto free = std::find(lanes_.begin(), lanes_.end(), std::nullopt);
        const auto lane = static_cast<size_t>(free - lanes_.begin());
        if (free == lanes_.end()) lanes_.emplace_back();
        lanes_[lane] = output;
        return lane;
    }

    void place(size_t row) {
        const auto& incoming = sketch_.nodes[row].links;
        std::vector<size_t> from;  // the lane of each link
        std::optional<size_t> own;
        for (const auto& link : incoming) {
            const Output output = output_of(link);
            from.push_back(lane_of_.at(output));
            if (--left_[output] > 0) continue;
            lanes_[from.back()].reset();
            own = std::min(own.value_or(from.back()), from.back());
        }
        const size_t lane = own ? *own : take_lane({row, "?"});
        lanes_[lane].reset();
        lane_.push_back(lane);
        for (size_t i = 0; i < incoming.size(); ++i) draw(incoming[i], from[i], row);
        dots += fmt::format("<circle class=dot cx={} cy={} r=5 />", x_of(lane), y_of(row));
        open_outputs(row, lane);
    }

    /// The first output goes on in the node's lane.
    void open_outputs(size_t row, size_t lane) {
        bool first = true;
        for (auto at = left_.lower_bound({row, ""}); at != left_.end() && at->first.first == row;
             ++at, first = false) {
            if (first) lanes_[lane] = at->first;
            lane_of_[at->first] = first ? lane : take_lane(at->first);
        }
    }

    void draw(const Sketch::Link& link, size_t lane, size_t row) {
        const double half = row_height / 2;
        const double from = x_of(lane_[link.from]), by = x_of(lane), to = x_of(lane_[row]);
        const double begin = y_of(link.from), end = y_of(row);
        std::string path = fmt::format("M{} {}", from, begin);
        if (from != by)
            path += fmt::format("C{} {} {} {} {} {}", from, begin + half / 2, by, begin + half / 2,
                                by, begin + half);
        path += fmt::format("V{}", by == to ? end : end - half);
        if (by != to)
            path +=
                fmt::format("C{} {} {} {} {} {}", by, end - half / 2, to, end - half / 2, to, end);
        const size_t colour = colours_.emplace(link.kind, colours_.size()).first->second;
        links +=
            fmt::format("<path class=\"link s{}\" d=\"{}\"/>\n", colour % colours_in_all, path);
    }

    const Sketch& sketch_;
    std::map<Output, size_t> left_;             // links of each output that are still to be drawn
    std::map<Output, size_t> lane_of_;          // where each output runs
    std::vector<size_t> lane_;                  // where each node stands
    std::vector<std::optional<Output>> lanes_;  // what runs in each at the moment
    std::map<std::string, size_t> colours_;     // of each kind
};

std::string shortened(const std::string& text) {
    if (text.size() <= longest_text) return text;
    size_t end = longest_text;
    while ((static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // a whole character
    return text.substr(0, end) + "\u2026";
}

}  // namespace

std::string to_svg(const Sketch& sketch) {
    if (sketch.nodes.empty()) return {};
    const Lanes lanes(sketch);
    const double x = x_of(lanes.count()) + 4;
    std::string labels;
    double most = 0;  // width of text, about
    for (size_t row = 0; row < sketch.nodes.size(); ++row) {
        const auto& node = sketch.nodes[row];
        const std::string id = shortened(node.id), sends = shortened(node.sends);
        const std::string op = node.op == node.id ? "" : shortened(node.op);
        const double y = y_of(row) + (sends.empty() ? 5 : -2);
        labels += fmt::format("<text x={} y={}><tspan class=name>{}</tspan>", x, y, escape(id));
        if (!op.empty()) labels += fmt::format("<tspan class=soft dx=8>{}</tspan>", escape(op));
        labels += "</text>";
        if (!sends.empty())
            labels += fmt::format("<text class=soft x={} y={}>{}</text>", x, y + 15, escape(sends));
        labels += '\n';
        most = std::max(
            {most, 8.4 * static_cast<double>(id.size()) + 6.8 * static_cast<double>(op.size()) + 8,
             6.8 * static_cast<double>(sends.size())});
    }
    const double width = x + most + 6, height = y_of(sketch.nodes.size()) - row_height / 2;
    return fmt::format(
        "<svg width={0:.0f} height={1:.0f} viewBox=\"0 0 {0:.0f} {1:.0f}\" role=img "
        "aria-label=\"the graph: {2} nodes\">\n{3}{4}\n{5}</svg>\n",
        width, height, sketch.nodes.size(), lanes.links, lanes.dots, labels);
}

}  // namespace graph::report
