// What a node says of its configuration when it is made or lists its items, as an error at its
// place.
#pragma once

#include "graph/plan.hpp"

#include <functional>
#include <system_error>

namespace graph {

/// Whether what the system refused is for a path that is wrong, rather than for a disk that is.
bool is_of_a_path(const std::error_code& code);

/// Calls `make`; if it throws, adds one line to `errors`: place, the node and why. What the
/// operating system refused for no fault of the configuration, such as a disk error, goes on.
void add_refusal(const PlannedNode& node, Errors& errors, const std::function<void()>& make);

}  // namespace graph
