// What has changed since a run was made, and what going on with it would do, in words.
#pragma once

#include "graph/differences.hpp"
#include "graph/engine.hpp"

#include <optional>
#include <string>
#include <vector>

namespace graph {

/// What has changed since the run was made, or last went on.
struct RunChanges {
    bool recorded = false;            // false: an older program kept no record, so nothing is known
    std::vector<Difference> given;    // by --set or -p now
    std::vector<Difference> edited;   // in the run's resolved.yaml
    std::vector<Difference> earlier;  // when it was resumed before
    std::vector<Difference> pipeline;  // in the file that it was made from: not taken up
    std::filesystem::path pipeline_file;
    std::string program;                         // empty: the same
    std::map<std::string, InputChanges> inputs;  // of each source
    std::vector<std::string> files;              // that options name
};

/// `kept`: the run's resolved.yaml as it is now; `now`: what it would go on with.
RunChanges find_changes(const std::optional<MadeFrom>& made_from, const Value& kept,
                        const Value& now, const std::map<std::string, Inputs>& inputs);

/// In full, with a line for each change.
std::string explain(const RunChanges& changes);
/// "2 options, 1 input"; empty: nothing that matters.
std::string summary(const RunChanges& changes);

/// "goes on with epoch 3 of 6 after 2 batches; 3 whole epochs follow"
std::string explain(const Standing& standing);

/// Which files the pipeline's last nodes write in the folder, and which of them are there.
std::string explain_outputs(const Plan& plan, bool finished);

}  // namespace graph
