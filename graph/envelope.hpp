// What travels on an edge: a message, or its tombstone, or the end of a pass; and the tickets that
// its items hold. Nodes see the value only.
#pragma once

#include "graph/stamp.hpp"

#include <chrono>
#include <memory>
#include <vector>

namespace graph {

/// Returned when the last owner lets go: tickets and limits count living messages by it.
using Hold = std::shared_ptr<const void>;

struct Envelope {
    enum class Kind { value, tombstone, end };

    Kind kind = Kind::value;
    Stamp stamp;  // of an end: the pass, and in `index` how many items it had
    std::shared_ptr<const void> value;
    Hold hold;
    bool failed = false;  // of a tombstone: an error, not an item that had no parts
    std::chrono::steady_clock::time_point arrived = {};  // where a run is traced
};

inline Hold merge(const std::vector<Hold>& holds) {
    return holds.size() == 1 ? holds.front() : std::make_shared<const std::vector<Hold>>(holds);
}

}  // namespace graph
