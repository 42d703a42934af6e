// All that a run's folder tells of the run, read once for a report.
#pragma once

#include "graph/document.hpp"
#include "graph/report/figures.hpp"
#include "graph/report/sketch.hpp"
#include "graph/report/status.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace graph::report {

struct Record {
    std::filesystem::path folder;
    std::string name;      // of the folder: how a run is told from others
    std::string pipeline;  // its name
    std::string resolved;  // the text of resolved.yaml
    Value run, nodes;      // its sections, as far as it can be read
    Sketch sketch;
    Status status;
    std::vector<Curve> curves;
    std::vector<std::filesystem::path> files;  // all in the folder itself, sorted; none hidden

    /// Those whose names end so.
    std::vector<std::filesystem::path> files_like(const std::string& extension) const;
};

/// Throws ConfigurationError if it is not the folder of a run.
Record read_record(const std::filesystem::path& folder);

/// What runs are called beside each other: their folders' names, or the whole paths of those whose
/// names are the same.
std::vector<std::string> labels_of(const std::vector<std::filesystem::path>& folders);

}  // namespace graph::report
