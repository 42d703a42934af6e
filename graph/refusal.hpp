// What a node says of its configuration when it is made or lists its items, as an error at its
// place.
#pragma once

#include "graph/plan.hpp"

#include <functional>
#include <string>
#include <system_error>

namespace graph {

/// Whether what the system refused is for a path that is wrong, rather than for a disk that is.
bool is_of_a_path(const std::error_code& code);

/// Where an error was caught: throws it as the configuration's, with `before` before it. What a
/// disk is to blame for goes on as it is.
[[noreturn]] void throw_refusal(const std::string& before = "");

/// Calls `make`; if it throws, adds one line to `errors`: place, the node and why. What the
/// operating system refused for no fault of the configuration, such as a disk error, goes on.
void add_refusal(const PlannedNode& node, Errors& errors, const std::function<void()>& make);

}  // namespace graph
