// Whether processes can train together in this program: see ranks.hpp.
#pragma once

#include <string>

namespace models {

/// Why join_ranks() cannot work, with the remedy; empty: it can.
std::string why_no_ranks();

}  // namespace models
