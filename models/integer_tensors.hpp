// How named integers of a frozen model are looked up, so that a damaged file is refused with the
// name of what is wrong.
#pragma once

#include "models/integer_network.hpp"
#include "models/model.hpp"

#include <string>
#include <vector>

namespace models {

/// Throws ModelError unless it is there, with so many dims and as many values as they say.
const NamedIntegers& find_integers(const std::vector<NamedIntegers>& tensors,
                                   const std::string& name, size_t dims);

}  // namespace models
