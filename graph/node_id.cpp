// See node_id.hpp.
#include "graph/node_id.hpp"

#include <fmt/format.h>

namespace graph {

std::string check_id(const std::string& id) {
    const bool good =
        !id.empty() && id[0] >= 'a' && id[0] <= 'z' &&
        id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos;
    if (good) return {};
    return fmt::format("'{}' is no name for a node; use a-z, 0-9 and _, and begin with a letter",
                       id);
}

}  // namespace graph
