// A JSON Schema (draft 7) of pipelines, for editors: made from the declarations of nodes, options,
// settings and parameters, so that it knows what this program knows.
#pragma once

#include "graph/params.hpp"

#include <nlohmann/json.hpp>

namespace graph {

/// The order in which keys are written is kept.
using Json = nlohmann::ordered_json;

/// The schema of a whole file. What depends on more than one place of it, such as links to nodes
/// that are not there, is left to `validate`.
Json pipeline_schema();

/// The schema of one option. Where a value may stand, so may a variable such as ${params.x}.
Json schema_of(const Param& param);
/// The schema of a map of options: the value of `with`, or of an option that is an object.
Json schema_of(const std::vector<Param>& params);

/// Of a string with a variable in it.
inline constexpr const char* variable_pattern = R"(\$\{[^}]*\})";

}  // namespace graph
