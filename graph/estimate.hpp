// How much memory a run may need, from what is in flight and what its nodes say that they take.
#pragma once

#include "graph/plan.hpp"
#include "graph/source.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace graph {

/// An upper estimate: what a run's messages and nodes may hold at once.
struct MemoryEstimate {
    struct Part {
        size_t node = 0;  // a source, with what is made of its items, or a node by itself
        uint64_t bytes = 0;
        uint64_t of_item = 0;  // in flight; 0: of a node by itself
        std::string what;      // "256 items in flight of 'files'"
    };
    std::vector<Part> parts;
    uint64_t program = 0;              // itself, with its libraries and threads
    std::vector<std::string> unknown;  // nodes whose messages are not counted

    uint64_t total() const;
    const Part& largest() const;  // of the parts; every pipeline has a source
};

/// All by node. `sources`: null for other nodes. `messages`: that each source sends in all passes.
MemoryEstimate estimate_memory(const Plan& plan, const std::vector<const Source*>& sources,
                               const std::vector<uint64_t>& items,
                               const std::vector<uint64_t>& messages, int threads);

}  // namespace graph
