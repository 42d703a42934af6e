// Stands in for models/mpi where there is no MPI to build with.
#include "models/model.hpp"
#include "models/ranks.hpp"

#include <fmt/format.h>

namespace models {

std::shared_ptr<Ranks> join_ranks(int /*rank*/, int count) {
    if (count == 1) return alone();
    throw ModelError(fmt::format(
        "{} processes were started to train together, but this program is built without MPI: "
        "install libopenmpi-dev and build again, or start one process",
        count));
}

}  // namespace models
