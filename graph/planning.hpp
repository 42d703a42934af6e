// The steps from a document to a plan. Each checks one thing on all nodes and adds its errors; a
// step passes over what an earlier one found wrong, so that one fault is one line.
#pragma once

#include "graph/plan.hpp"

#include <string>
#include <vector>

namespace graph {

/// A node as it is read, before it is linked and ordered.
struct Draft {
    PlannedNode node;  // no spec: unknown op; no params: wrong options
    Value in;
    bool says_on_error = false;
    bool has_fault = false;          // so that its shapes are not known
    bool is_garbled = false;         // a key of it could not be read: it may have been `in`
    std::vector<const Port*> unfed;  // inputs without a good link, because of an error
};

/// op, in, with, on_error, when.
const std::vector<Param>& node_params();
bool is_node_key(const std::string& key);

/// The nodes in the order of the file, with their options read.
std::vector<Draft> read_nodes(const Value& nodes, Errors& errors);

/// Fills in each node's inputs from what its `in` says.
void link_nodes(std::vector<Draft>& drafts, Errors& errors);

/// Puts each node after those that feed it, else in the order of the file; cycles are errors.
void order_nodes(std::vector<Draft>& drafts, Errors& errors);

/// Checks type, clock and stream of each link, and carries clocks, streams and shapes along.
void check_flow(std::vector<Draft>& drafts, Errors& errors);

/// Checks that every node does something: there is a source, and each output goes somewhere.
void check_use(const std::vector<Draft>& drafts, const Place& nodes, Errors& errors);

/// Checks that no node waits for more items than may be in flight.
void check_tickets(const std::vector<Draft>& drafts, const Settings& settings, Errors& errors);

}  // namespace graph
