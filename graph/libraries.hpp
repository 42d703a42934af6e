// Which libraries the program runs on: what a result depends on besides its settings.
#pragma once

#include <string>
#include <vector>

namespace graph {

/// File names with their versions, such as "libtbb.so.12.8", of those that the program itself asks
/// for; sorted.
std::vector<std::string> loaded_libraries();

}  // namespace graph
