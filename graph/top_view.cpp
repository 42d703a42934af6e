// See top_view.hpp. Where the terminal is narrow, columns of the table go, the least telling first;
// where it is low, the idlest nodes go.
#include "graph/top_view.hpp"

#include "graph/log.hpp"
#include "graph/time_text.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include <fmt/format.h>

namespace graph {

namespace {

using Lines = std::vector<std::string>;

/// Counts stay short: 12345, 123.4k, 12.3M.
std::string count_text(double count) {
    constexpr double kilo = 1e3, mega = 1e6, giga = 1e9;
    if (count < 100 * kilo) return fmt::format("{:.0f}", count);
    if (count < mega) return fmt::format("{:.1f}k", count / kilo);
    if (count < giga) return fmt::format("{:.2f}M", count / mega);
    return fmt::format("{:.2f}G", count / giga);
}

std::string rate_text(double rate) {
    if (rate > 0 && rate < 10) return fmt::format("{:.2f}", rate);
    return count_text(rate);
}

/// Pieces one after the other, as many lines as they need.
Lines wrap(const Lines& pieces, int columns, const std::string& between) {
    Lines lines;
    for (const std::string& whole : pieces) {
        const std::string piece = cut(printable(whole), columns);
        if (!lines.empty() &&
            columns_of(lines.back()) + columns_of(between) + columns_of(piece) <= columns)
            lines.back() += between + piece;
        else
            lines.push_back(piece);
    }
    return lines;
}

Lines words(const std::string& text) {
    Lines all;
    for (size_t at = 0; at < text.size();) {
        const size_t space = std::min(text.find(' ', at), text.size());
        if (space > at) all.push_back(text.substr(at, space - at));
        at = space + 1;
    }
    return all;
}

Lines progress_pieces(const RunStatus& status) {
    Lines pieces;
    if (status.epochs > 1)
        pieces.push_back(fmt::format("epoch {}/{}", status.epoch, status.epochs));
    if (status.total > 0) pieces.push_back(fmt::format("{}/{} items", status.items, status.total));
    if (status.rate > 0) pieces.push_back(rate_text(status.rate) + " items/s");
    if (status.state != "ended" && status.left_seconds >= 0)
        pieces.push_back("ETA " + duration_text(status.left_seconds));
    if (status.quarantined > 0) pieces.push_back(fmt::format("{} quarantined", status.quarantined));
    return pieces;
}

Lines figure_pieces(const RunStatus& status) {
    Lines pieces;
    for (const auto& [name, value] : status.figures)
        pieces.push_back(fmt::format("{} {:.4g}", name, value));
    return pieces;
}

std::string bar(double share, int columns) {
    const int inner = columns - 2;
    const int full = static_cast<int>(std::lround(std::clamp(share, 0.0, 1.0) * inner));
    return "[" + std::string(static_cast<size_t>(full), '#') +
           std::string(static_cast<size_t>(inner - full), '.') + "]";
}

struct Column {
    std::string title;
    int importance;  // the least goes first
    bool left;
    std::function<std::string(const NodeStatus&)> text;
    int columns = 0;
};

std::vector<Column> columns_for(const RunStatus& status,
                                const std::vector<const NodeStatus*>& nodes, int available) {
    const bool ended = status.state == "ended";
    const auto percent = [&status, ended](const NodeStatus& n) {  // outlives this call
        const double share = ended ? n.busy_seconds / std::max(status.seconds, 1e-9) : n.busy;
        return fmt::format("{:.0f}%", 100 * share);
    };
    std::vector<Column> columns = {
        {"node", 9, true, [](const auto& n) { return n.id; }},
        {"op", 2, true, [](const auto& n) { return n.op; }},
        {"done", 8, false, [](const auto& n) { return count_text(double(n.values)); }},
        {"failed", 6, false, [](const auto& n) { return count_text(double(n.failed)); }},
        {"/s", 7, false, [](const auto& n) { return rate_text(n.rate); }},
        {"waiting", 4, false, [](const auto& n) { return count_text(double(n.queue)); }},
        {"busy", 5, false, percent},
        {"mostly", 3, true, [](const auto& n) { return n.state; }},
    };
    std::erase_if(columns, [&](const Column& column) {
        if (column.title == "failed")
            return std::none_of(nodes.begin(), nodes.end(), [](auto n) { return n->failed > 0; });
        return ended && (column.title == "waiting" || column.title == "mostly");
    });
    constexpr int longest_name = 20, longest_state = 7;
    for (Column& column : columns) {
        column.columns = static_cast<int>(column.title.size());
        for (const auto* node : nodes)
            column.columns = std::max(column.columns, columns_of(column.text(*node)));
        if (column.left) column.columns = std::min(column.columns, longest_name);
        if (column.title == "mostly") column.columns = longest_state;  // does not jump
    }
    const auto needed = [&] {
        return std::accumulate(columns.begin(), columns.end(), -2,
                               [](int sum, const Column& c) { return sum + c.columns + 2; });
    };
    while (columns.size() > 1 && needed() > available)
        columns.erase(std::min_element(columns.begin(), columns.end(), [](auto& a, auto& b) {
            return a.importance < b.importance;
        }));
    columns.front().columns = std::min(columns.front().columns, available);
    return columns;
}

std::string row(const std::vector<Column>& columns, const NodeStatus* node) {
    std::string line;
    for (const Column& column : columns) {
        const std::string text = cut(node ? column.text(*node) : column.title, column.columns);
        const std::string space(static_cast<size_t>(column.columns - columns_of(text)), ' ');
        if (!line.empty()) line += "  ";
        line += column.left ? text + space : space + text;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
}

/// The busiest, in the plan's order.
std::vector<const NodeStatus*> choose(const RunStatus& status, int count) {
    std::vector<const NodeStatus*> nodes;
    for (const auto& node : status.nodes) nodes.push_back(&node);
    if (static_cast<int>(nodes.size()) <= count) return nodes;
    std::stable_sort(nodes.begin(), nodes.end(),
                     [](auto a, auto b) { return a->busy_seconds > b->busy_seconds; });
    nodes.resize(static_cast<size_t>(std::max(0, count)));
    std::sort(nodes.begin(), nodes.end());  // all are of one vector
    return nodes;
}

class Paint {
  public:
    explicit Paint(bool colored) : colored_(colored) {}
    std::string operator()(const char* color, const std::string& text) const {
        return colored_ ? fmt::format("\x1b[{}m{}\x1b[0m", color, text) : text;
    }

  private:
    bool colored_;
};

constexpr const char* bold = "1";
constexpr const char* dim = "2";
constexpr const char* red = "31";
constexpr const char* yellow = "33";

}  // namespace

std::string status_line(const RunStatus& status) {
    Lines pieces = progress_pieces(status);
    for (auto& piece : figure_pieces(status)) pieces.push_back(std::move(piece));
    return fmt::format("{}", fmt::join(pieces, "  "));
}

std::vector<std::string> top_view(const RunStatus& status, TerminalSize size, bool colored) {
    const Paint paint(colored);
    const int columns = std::max(1, size.columns - 1);  // none in the last, where lines would wrap
    const int rows = std::max(1, size.rows - 1);

    Lines lines;
    for (const auto& line :
         wrap({status.name, status.state + " " + duration_text(status.seconds)}, columns, "  "))
        lines.push_back(paint(bold, line));
    for (const auto& line : wrap(progress_pieces(status), columns, "  "))
        lines.push_back(status.quarantined > 0 ? paint(yellow, line) : line);
    constexpr int widest_bar = 60, narrowest_bar = 12;
    if (status.total > 0 && columns >= narrowest_bar) {
        const double share = double(status.items) / double(status.total);
        const std::string percent = fmt::format(" {:3.0f}%", 100 * std::min(1.0, share));
        lines.push_back(bar(share, std::min(columns, widest_bar) - int(percent.size())) + percent);
    }

    Lines below = wrap(figure_pieces(status), columns, "  ");
    constexpr size_t most_figure_lines = 4;
    if (below.size() > most_figure_lines) below.resize(most_figure_lines);
    if (!status.bottleneck.empty())
        for (const auto& line : wrap(words("bottleneck: " + status.bottleneck), columns, " "))
            below.push_back(paint(dim, line));

    // What is there: at least the first line, then three nodes, then what stands below them.
    int room = rows - static_cast<int>(lines.size());
    constexpr int least_table = 5;
    while (!below.empty() && room - static_cast<int>(below.size()) < least_table) below.pop_back();
    room -= static_cast<int>(below.size());
    const bool all = static_cast<int>(status.nodes.size()) + 1 <= room;
    const auto nodes = choose(status, all ? room : room - 2);
    if (!nodes.empty()) {
        const auto table = columns_for(status, nodes, columns);
        lines.push_back(paint(dim, row(table, nullptr)));
        for (const auto* node : nodes) {
            const std::string line = row(table, node);
            lines.push_back(node->failed > 0 ? paint(red, line) : line);
        }
        if (nodes.size() < status.nodes.size())
            lines.push_back(paint(
                dim,
                cut(fmt::format("and {} less busy", status.nodes.size() - nodes.size()), columns)));
    }
    lines.insert(lines.end(), below.begin(), below.end());
    if (static_cast<int>(lines.size()) > rows) lines.resize(static_cast<size_t>(rows));
    return lines;
}

}  // namespace graph
