// A checked pipeline: every node known, every link of fitting type and clock, every option read.
#pragma once

#include "graph/document.hpp"
#include "graph/node.hpp"

#include <memory>
#include <string>
#include <vector>

namespace graph {

/// What to do when a node's body throws: set the item aside and go on, stop the run, or try again
/// (three times, then quarantine).
enum class OnError { quarantine, abort, retry };

struct Link {
    size_t node = 0;  // index in Plan::nodes
    size_t port = 0;  // index of the node's output
    Place place;
};

struct PlannedNode {
    std::string id;
    const Spec* spec = nullptr;
    std::shared_ptr<void> params;
    std::vector<std::vector<Link>> inputs;  // of each input of the spec: its links, mostly one
    std::vector<Clock> clocks;              // of each output, `same` resolved
    std::vector<size_t> streams;            // of each output: equal numbers, same stamps
    std::vector<Shape> shapes;              // of each output, as far as known
    std::vector<std::string> marks;         // likewise; see Spec::marks
    OnError on_error = OnError::quarantine;
    bool last_epoch_only = false;  // `when: last_epoch`
    Place place;
};

struct Plan {
    std::string name;
    Settings settings;
    std::vector<PlannedNode> nodes;  // a node comes after those that it is fed by
    std::string resolved;
    Place out;  // where run.out is written
};

/// Checks a document against the registry and makes the plan. All errors are collected; the plan is
/// only good if there are none.
Plan make_plan(const Document& document, Errors& errors);

}  // namespace graph
