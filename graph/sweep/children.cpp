// See children.hpp.
#include "graph/sweep/children.hpp"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <map>
#include <system_error>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace graph {

namespace {

/// Between fork and exec only what a signal handler may call.
[[noreturn]] void become(char* const* arguments, int log, pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);  // a sweep that is killed leaves nobody behind
    if (::getppid() != parent) ::_exit(1);
    ::setpgid(0, 0);  // Ctrl-C comes to the sweep, which passes it on
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    const int nothing = ::open("/dev/null", O_RDONLY);
    ::dup2(nothing, STDIN_FILENO);
    ::dup2(log, STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
    ::execv("/proc/self/exe", arguments);
    ::_exit(127);
}

pid_t start(const Child& child) {
    std::vector<std::string> texts{"pipeline"};
    texts.insert(texts.end(), child.arguments.begin(), child.arguments.end());
    std::vector<char*> arguments;
    for (auto& text : texts) arguments.push_back(text.data());
    arguments.push_back(nullptr);
    const int log = ::open(child.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (log < 0) throw std::system_error(errno, std::generic_category(), child.log.string());
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    const int error = errno;
    if (pid == 0) become(arguments.data(), log, parent);
    ::close(log);
    if (pid < 0) throw std::system_error(error, std::generic_category(), "fork");
    return pid;
}

}  // namespace

void run_children(const std::vector<Child>& children, int processes, const std::atomic<bool>& stop,
                  const std::function<void(size_t)>& started,
                  const std::function<void(size_t, int)>& ended) {
    std::map<pid_t, size_t> running;
    size_t next = 0;
    bool told = false;
    while (!running.empty() || (next < children.size() && !stop)) {
        while (next < children.size() && running.size() < static_cast<size_t>(processes) && !stop) {
            running[start(children[next])] = next;
            started(next++);
        }
        if (stop && !std::exchange(told, true))
            for (const auto& [pid, index] : running) ::kill(pid, SIGTERM);
        int status = 0;
        for (auto child = running.begin(); child != running.end();) {
            if (::waitpid(child->first, &status, WNOHANG) != child->first) {
                ++child;
                continue;
            }
            const size_t index = child->second;
            child = running.erase(child);
            ended(index, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
}

}  // namespace graph
