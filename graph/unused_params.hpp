// Parameters whose values go nowhere: a slip that no run would show.
#pragma once

#include "graph/document.hpp"
#include "graph/log.hpp"

#include <filesystem>

namespace graph {

/// A warning for each parameter that the file itself declares and nothing uses, and for each that
/// -p gives in vain, as nothing uses it after --set. A file may leave parameters of an included one
/// without a use.
Errors find_unused_params(const std::filesystem::path& file, const Overrides& overrides);

/// Tells them on stderr.
void warn_of_unused_params(const std::filesystem::path& file, const Overrides& overrides,
                           LogFormat format);

}  // namespace graph
