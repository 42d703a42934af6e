// The command line, `pipeline run|validate|graph|list|describe|resume`.
#pragma once

namespace graph {

/// Does what the arguments say and returns the exit code. Throws ConfigurationError, and what a run
/// throws.
int command(int argc, const char* const* argv);

}  // namespace graph
