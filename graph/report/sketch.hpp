// The graph of a run as a picture: a row for each node, the links as lanes beside them, as of
// branches in a version history. Boxes and arrows of 30 nodes are four times as wide as a phone;
// rows fit it, print on a page, and the text stands where it is read. So it is drawn here, in few
// lines, rather than by Graphviz.
#pragma once

#include "graph/plan.hpp"

#include <string>
#include <vector>

namespace graph::report {

struct Sketch {
    struct Link {
        size_t from = 0;   // index of the node that sends
        std::string port;  // and its output; empty: its first
        std::string kind;  // what flows; links of a kind have a colour
    };
    struct Node {
        std::string id, op;
        std::string sends;  // what it sends, in words
        std::vector<Link> links;
    };
    std::vector<Node> nodes;  // each after those that it is fed by
};

Sketch make_sketch(const Plan& plan);
/// From the `nodes` of a pipeline alone, for one that the program of today does not take. Links
/// that lead nowhere are left out.
Sketch make_sketch(const Value& nodes);

/// Inline SVG of fixed size. Empty without nodes.
std::string to_svg(const Sketch& sketch);

}  // namespace graph::report
