// What a node may be called.
#pragma once

#include <string>

namespace graph {

/// What is wrong with a node's name; empty: nothing.
std::string check_id(const std::string& id);

}  // namespace graph
