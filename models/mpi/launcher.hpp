// The mpirun that started this process. With the network down it waits for hosts that it cannot
// reach, for minutes, and takes no notice of SIGTERM.
#pragma once

namespace models::mpi {

/// For a process that is about to end, since the others are lost: if what started it is Open MPI's
/// launcher, and is still there in 10 s, it is killed. Does nothing under srun.
void end_launcher_soon();

}  // namespace models::mpi
