// What a node says of its configuration when it is made or lists its items, as an error at its
// place.
#pragma once

#include "graph/plan.hpp"

#include <functional>

namespace graph {

/// Calls `make`; if it throws, adds one line to `errors`: place, the node and why. What the
/// operating system refused for no fault of the configuration, such as a disk error, goes on.
void add_refusal(const PlannedNode& node, Errors& errors, const std::function<void()>& make);

}  // namespace graph
