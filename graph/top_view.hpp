// The picture of a run in a terminal, drawn by the run itself and by `pipeline top`.
#pragma once

#include "graph/display.hpp"
#include "graph/status.hpp"

namespace graph {

/// The run in lines that fit: narrower than the terminal, and fewer than its rows.
std::vector<std::string> top_view(const RunStatus& status, TerminalSize size, bool colored);

/// The same in one line without a bound, for what is no terminal: "epoch 3/10  40/100 items ...".
std::string status_line(const RunStatus& status);

}  // namespace graph
