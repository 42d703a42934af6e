// Stands in for models/mpi where there is no MPI to build with.
#include "models/joining.hpp"
#include "models/model.hpp"
#include "models/ranks.hpp"

#include <fmt/format.h>

namespace models {

std::shared_ptr<Ranks> join_ranks(int /*rank*/, int count) {
    if (count == 1) return alone();
    throw ModelError(fmt::format("{} processes were started: {}", count, why_no_ranks()));
}

std::string why_no_ranks() {
    return "this program is built without MPI, by which processes train together: install "
           "libopenmpi-dev and build again, or start one process";
}

}  // namespace models
