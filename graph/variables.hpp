// What ${name}, ${params.x} and ${env:X:-default} stand for. They are filled in on parsed values,
// so that every value keeps its place.
#pragma once

#include "graph/value.hpp"

#include <map>
#include <set>
#include <string>

namespace graph {

/// By name: "name", "params.epochs". A value that has a place was found wrong there: it hands that
/// place on, so that the same fault is not reported again where the variable is used.
using Variables = std::map<std::string, Value>;

/// Fills in every scalar below `value`; `$$` is a dollar sign. A scalar that is one variable and
/// nothing else takes its type: a number stays one. What cannot be filled in is an error, and so is
/// more than 4 MiB, of which `bytes` were filled in before.
void resolve(Value& value, const Variables& variables, Errors& errors, size_t bytes = 0);

/// The names of all variables below `value`, as they are written: "params.epochs",
/// "env:X:-default".
std::set<std::string> variables_in(const Value& value);

}  // namespace graph
