// A pipeline's YAML, parsed, with its includes, parameters and overrides applied, and every value
// still knowing its place.
#pragma once

#include "graph/value.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace graph {

/// From the command line: `-p data=DIR` and `--set nodes.batch.size=16`.
struct Overrides {
    std::vector<std::string> params = {};
    std::vector<std::string> sets = {};
};

/// A parameter that a pipeline declares under `params:`.
struct PipelineParam {
    std::string name, type, fallback, help;
    std::string limits;  // "at least 1"; empty: none
    std::vector<std::string> choices = {};
};

struct Document {
    std::string name;
    std::vector<PipelineParam> params;
    Value run;             // the section's map
    Value nodes;           // id -> {op, in, with, on_error, when}
    Value sweep;           // see sweep/section.hpp; null: none
    Value tests;           // the section's list; see testing/test_case.hpp
    std::string resolved;  // the YAML with everything filled in: run it again and get the same
};

/// Parses YAML text into values with places; duplicate keys, aliases that loop or explode, tabs and
/// the like are errors at their place. `file` is how messages name it.
Value parse_yaml(const std::string& text, const std::string& file, Errors& errors);

/// A pipeline by path, or by name among those that ship (with or without .yaml).
std::filesystem::path find_pipeline(const std::string& path_or_name);

/// Reads, includes, applies `-p` and `--set`, resolves ${params.x}, ${env:X:-default}, ${name}, $$.
Document load_document(const std::filesystem::path& path, const Overrides& overrides,
                       Errors& errors);

}  // namespace graph
