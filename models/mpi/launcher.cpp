// See launcher.hpp. This process has to end first, for mpirun to hear of it: a child waits.
#include "models/mpi/launcher.hpp"

#include <csignal>
#include <fstream>
#include <string>

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace models::mpi {
namespace {

constexpr int grace_ms = 10'000;

bool is_launcher(pid_t process) {
    std::ifstream file("/proc/" + std::to_string(process) + "/comm");
    std::string name;
    std::getline(file, name);
    return name == "mpirun" || name == "mpiexec" || name == "orterun" || name == "orted" ||
           name == "prterun" || name == "prted";
}

}  // namespace

void end_launcher_soon() {
    const pid_t parent = ::getppid();
    if (!is_launcher(parent)) return;
    // Names this very process, even if its number is given to another meanwhile.
    const auto launcher = static_cast<int>(::syscall(SYS_pidfd_open, parent, 0));
    if (launcher < 0 || ::fork() != 0) return;
    ::setsid();  // or mpirun would end the child with the rest
    const int kept = ::dup2(launcher, 3);
    ::close_range(4, ~0U, 0);  // what others wait to be closed, such as mpirun's pipes
    for (const int file : {0, 1, 2}) ::close(file);
    pollfd ended{kept, POLLIN, 0};
    if (::poll(&ended, 1, grace_ms) == 0)
        ::syscall(SYS_pidfd_send_signal, kept, SIGKILL, nullptr, 0);
    ::_exit(0);
}

}  // namespace models::mpi
