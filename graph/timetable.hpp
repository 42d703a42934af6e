// The passes of a source, in the order in which it makes them, and which items belong to which
// split.
#pragma once

#include "graph/source.hpp"

#include <string>
#include <vector>

namespace graph {

/// All items as one split.
Splits undivided(size_t items);

/// Divides the groups of items: sorted by the SHA-256 of "seed:group", the first round(0.7 n) of
/// them are the first split, and so on; `train` comes first. So a new file never moves an old one,
/// and any language can repeat it. Throws ConfigurationError.
Splits split_items(const Source& source, size_t items, const Schedule& schedule, int64_t seed,
                   const std::string& place);

/// Each epoch a pass to train and, if `evaluate`, when one is due, a pass to evaluate each split
/// that is not empty.
std::vector<Pass> timetable(const Splits& splits, const Schedule& schedule, bool evaluate);

/// Makes this epoch the last.
void end_after(std::vector<Pass>& passes, int epoch);

/// The first pass that a run which goes on at the cursor needs.
int first_pass(const std::vector<Pass>& passes, const Cursor& cursor);

}  // namespace graph
