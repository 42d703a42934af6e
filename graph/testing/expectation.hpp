// What a test expects of a number, a text or a list, and whether it is so.
#pragma once

#include "graph/value.hpp"

#include <string>

namespace graph {

/// A value that is to be met, or bounds of a number: {near: 0.5, within: 0.01}, {at_least: 0},
/// {at_most: 0.02}. Adds an error if it is none of these.
void check_expected(const Value& expected, Errors& errors);

/// Numbers are equal to six digits; all else as it is written.
bool meets(const Value& expected, const Value& actual);

/// "[1, 64, 64]", "at most 0.02".
std::string expected_text(const Value& expected);

}  // namespace graph
