// What differs between two pipelines with all filled in, option by option.
#pragma once

#include "graph/value.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace graph {

struct Difference {
    std::string path;         // as --set takes it: nodes.train.optimizer.rate
    std::string before, now;  // YAML; empty: it was not given
};

/// Of two documents: sections run and nodes. Whole nodes that come or go are one difference.
std::vector<Difference> differences(const Value& before, const Value& now);

/// Reads a resolved.yaml. Throws ConfigurationError.
Value read_resolved(const std::filesystem::path& file);
Value parse_resolved(const std::string& text, const std::string& file);

}  // namespace graph
