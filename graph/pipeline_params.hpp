// The parameters that a pipeline declares for its users, and what the command line gives for them.
#pragma once

#include "graph/document.hpp"
#include "graph/params.hpp"
#include "graph/variables.hpp"

#include <string>
#include <vector>

namespace graph {

/// What is said of each parameter: type, default, min, max, choices, help.
const std::vector<Param>& parameter_params();

/// Reads the section `params`, then `-p name=value`, each checked against type and range. Returns
/// the variables params.NAME; `declared` is for `describe`.
Variables read_pipeline_params(const Value& section, const std::vector<std::string>& given,
                               std::vector<PipelineParam>& declared, Errors& errors);

/// "name=value" of an option such as -p; an error if there is no '='.
std::optional<std::pair<std::string, std::string>> split_assignment(const std::string& text,
                                                                    const Place& place,
                                                                    Errors& errors);

}  // namespace graph
