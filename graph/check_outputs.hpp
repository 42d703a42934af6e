// Where a run writes: whether it can, and whether two nodes write the same file.
#pragma once

#include "graph/plan.hpp"
#include "graph/source.hpp"

namespace graph {

/// Adds an error for the run's folder, unless a run is resumed in it, and for each node whose
/// output cannot be where it says.
void check_outputs(const Plan& plan, bool resume, Errors& errors);

/// Adds an error for each node that would write beside the files that a source has listed.
void check_originals(const Plan& plan, const Source& source, size_t items, Errors& errors);

/// Why no file or folder can be made there; "" if it can.
std::string why_not_writable(const std::filesystem::path& path);

}  // namespace graph
