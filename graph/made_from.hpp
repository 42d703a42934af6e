// What a run was made from, kept in its folder as made_from.json: the program, the pipeline's file
// with what the command line changed, the options with all filled in, and the inputs.
#pragma once

#include "graph/document.hpp"
#include "graph/inputs_manifest.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace graph {

/// What the user gave to `run`.
struct PipelineSource {
    std::filesystem::path pipeline = {};
    Overrides overrides = {};
};

struct MadeFrom {
    std::string version, build;  // of the program
    PipelineSource source;
    std::string begun_with;                // its options as YAML
    std::string resolved;                  // and as it last went on with
    std::map<std::string, Inputs> inputs;  // of each source
    std::vector<InputFile> files;          // that options name, such as a checkpoint
};

constexpr const char* made_from_file = "made_from.json";

std::string to_json(const MadeFrom& made_from);
/// None if the folder has no such file, or one that cannot be read.
std::optional<MadeFrom> read_made_from(const std::filesystem::path& folder);

/// The identity of the running program's code: the linker's build id, or "" if it has none. A
/// version's number stays the same while the code changes; this does not.
std::string build_id();

}  // namespace graph
