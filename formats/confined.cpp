// See confined.hpp.
#include "formats/confined.hpp"

#include "formats/error.hpp"

#include <array>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstring>
#include <fstream>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

namespace formats {

namespace {

/// The child's files: the one to read, its end of the pipe, and what it opens.
constexpr int readable = 3, answers = 4, files = 6;
constexpr char ready = '.', fine = '=', refused = '!', failed = '?';  // in the pipe

void limit(int resource, uint64_t most) {
    const rlimit both{most, most};
    ::setrlimit(static_cast<__rlimit_resource>(resource), &both);
}

uint64_t address_space() {
    uint64_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    return pages * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
}

/// Only what reading a file needs; anything else ends the process. Where the system allows no
/// filters, the limits alone must do.
void filter_calls() {
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (!filter) return;
    for (const char* name :
         {"read",          "pread64",      "readv",  "lseek",    "_llseek",        "close",
          "fstat",         "fstat64",      "stat",   "stat64",   "lstat",          "lstat64",
          "newfstatat",    "fstatat64",    "statx",  "readlink", "readlinkat",     "getcwd",
          "brk",           "munmap",       "mremap", "madvise",  "futex",          "getrandom",
          "clock_gettime", "gettimeofday", "getpid", "gettid",   "rt_sigprocmask", "exit_group",
          "sigaltstack"})  // the last is asked by sanitizers when something is thrown
        if (const int call = seccomp_syscall_resolve_name(name); call != __NR_SCMP_ERROR)
            seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0);
    // If this argument, of which only the bits of the mask count, is so.
    const auto allow_if = [&](const char* name, unsigned argument, uint64_t mask, uint64_t value) {
        const scmp_arg_cmp condition{argument, SCMP_CMP_MASKED_EQ, mask, value};
        if (const int call = seccomp_syscall_resolve_name(name); call != __NR_SCMP_ERROR)
            seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1, condition);
    };
    constexpr uint64_t changes = O_ACCMODE | O_CREAT | O_TRUNC, whole = UINT32_MAX;
    allow_if("openat", 2, changes, O_RDONLY);
    allow_if("open", 1, changes, O_RDONLY);
    for (const char* name : {"mmap", "mmap2", "mprotect"}) allow_if(name, 2, PROT_EXEC, 0);
    allow_if("write", 0, whole, answers);
    allow_if("fcntl", 1, whole, F_GETFL);
    seccomp_load(filter);
    seccomp_release(filter);
}

void confine(int descriptor, int pipe, const Confinement& limits) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // Away from the numbers that they are to have.
    descriptor = ::fcntl(descriptor, F_DUPFD, files);
    pipe = ::fcntl(pipe, F_DUPFD, files);
    ::dup2(descriptor, readable);
    ::dup2(pipe, answers);
    if (::close_range(answers + 1, ~0U, 0) == 0) limit(RLIMIT_NOFILE, files);
    limit(RLIMIT_AS, address_space() + limits.memory);
    limit(RLIMIT_FSIZE, 0);
    limit(RLIMIT_CORE, 0);
    // rlimit counts whole seconds.
    const double whole = std::floor(limits.seconds);
    const timeval time{static_cast<time_t>(whole),
                       static_cast<suseconds_t>((limits.seconds - whole) * 1e6)};
    const itimerval timer{{0, 0}, time};
    ::signal(SIGPROF, SIG_DFL);
    ::setitimer(ITIMER_PROF, &timer, nullptr);
    sigset_t only;
    ::sigemptyset(&only);
    ::sigaddset(&only, SIGPROF);
    ::sigprocmask(SIG_UNBLOCK, &only, nullptr);
    filter_calls();
}

void answer(char kind, const std::string& text = "") {
    constexpr size_t most = 3000;  // at once, and less than a pipe holds
    const std::string message = kind + text.substr(0, most);
    if (::write(answers, message.data(), message.size()) < 0) ::_exit(1);
}

/// Whatever happens, the child ends here: if an exception led out, the program would go on twice.
[[noreturn]] void be_the_child(int descriptor, int pipe, const Confinement& limits,
                               const std::function<void()>& prepare,
                               const std::function<void(const std::string& path)>& work) {
    try {
        confine(descriptor, pipe, limits);
        try {
            prepare();
            answer(ready);
            work(fmt::format("/proc/self/fd/{}", readable));
            answer(fine);
        } catch (const IoError& error) {
            answer(failed, std::to_string(error.number()));
        } catch (const std::bad_alloc&) {
            answer(refused, "takes more memory than it may");
        } catch (const std::exception& error) {
            answer(refused, error.what());
        }
        ::_exit(0);
    } catch (...) {  // no memory to say even that
        ::_exit(1);
    }
}

/// Whether a process waits for something, and not only for its turn on a busy machine.
bool is_asleep(pid_t pid) {
    std::string stat;
    std::getline(std::ifstream(fmt::format("/proc/{}/stat", pid)), stat);
    const size_t name_end = stat.rfind(") ");
    return name_end != std::string::npos && stat.substr(name_end + 2, 1) == "S";
}

/// All that comes until the child ends, or falls asleep, which ends it.
std::string read_all(int pipe, pid_t child, int patience) {
    constexpr int longer = 30;  // what broke a lock within its work will not go on by itself
    std::string text;
    pollfd wait{pipe, POLLIN, 0};
    while (true) {
        const int there = ::poll(&wait, 1, text.empty() ? patience : longer * patience);
        if (there < 0 && errno == EINTR) continue;
        if (there == 0) {
            if (!is_asleep(child)) continue;
            ::kill(child, SIGKILL);
            break;
        }
        std::array<char, 4096> piece{};
        const auto count = ::read(pipe, piece.data(), piece.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;
        text.append(piece.data(), static_cast<size_t>(count));
    }
    return text;
}

/// Signals of the process as a whole are not for the child, whose handlers would answer them too.
class BlockedSignals {
  public:
    BlockedSignals() {
        sigset_t all;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~BlockedSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    BlockedSignals(const BlockedSignals&) = delete;
    BlockedSignals& operator=(const BlockedSignals&) = delete;

  private:
    sigset_t before_{};
};

class Pipe {
  public:
    Pipe() {
        if (::pipe2(ends_.data(), O_CLOEXEC) != 0) throw IoError("a pipe", "be made", errno);
    }
    ~Pipe() {
        ::close(ends_[0]);
        close_writing();
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    int reading() const { return ends_[0]; }
    int writing() const { return ends_[1]; }
    void close_writing() {
        if (ends_[1] >= 0) ::close(std::exchange(ends_[1], -1));
    }

  private:
    std::array<int, 2> ends_{};
};

/// A child process, which does not outlive this.
class Child {
  public:
    explicit Child(pid_t pid) : pid_(pid) {}
    ~Child() {
        if (pid_ > 0) wait(0);
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    pid_t pid() const { return pid_; }

    /// Its status, as of waitpid. One that has not ended after so many milliseconds is ended.
    int wait(int patience) {
        const int ended = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
        if (ended >= 0) {
            pollfd wait{ended, POLLIN, 0};
            int there = 0;
            while ((there = ::poll(&wait, 1, patience)) < 0 && errno == EINTR) {
            }
            if (there == 0) ::kill(pid_, SIGKILL);
            ::close(ended);
        }
        int status = 0;
        while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
        }
        pid_ = 0;
        return status;
    }

  private:
    pid_t pid_;
};

struct Answer {
    std::string text;
    int status = 0;  // as of waitpid
};

Answer ask(int descriptor, const Confinement& limits, const std::function<void()>& prepare,
           const std::function<void(const std::string& path)>& work) {
    Pipe pipe;
    pid_t pid = 0;
    {
        const BlockedSignals blocked;
        pid = ::fork();
        if (pid == 0) be_the_child(descriptor, pipe.writing(), limits, prepare, work);
    }
    if (pid < 0) throw IoError("a process to look at files in", "be made", errno);
    Child child(pid);
    pipe.close_writing();
    std::string text = read_all(pipe.reading(), child.pid(), limits.patience);
    return {std::move(text), child.wait(limits.patience)};
}

std::string death_of(int status) {
    if (!WIFSIGNALED(status)) return "an exit in the middle of it";
    return fmt::format("signal {} ({})", WTERMSIG(status), ::strsignal(WTERMSIG(status)));
}

}  // namespace

Ending run_confined(int descriptor, const Confinement& limits, const std::function<void()>& prepare,
                    const std::function<void(const std::string& path)>& work) {
    constexpr int attempts = 3;
    Answer answer;
    for (int i = 0; i < attempts && answer.text.empty(); ++i)
        answer = ask(descriptor, limits, prepare, work);
    if (answer.text.empty())  // none got as far as the file, which has done nothing wrong
        throw IoError("a process to look at files in", "be started", EAGAIN);
    const std::string_view said = std::string_view(answer.text).substr(1);  // after `ready`
    Ending ending;
    if (said.starts_with(refused))
        ending.refusal = said.substr(1);
    else if (said.starts_with(failed))
        ending.error = std::stoi(std::string(said.substr(1)));
    else if (!said.starts_with(fine))
        ending.death = death_of(answer.status);
    return ending;
}

}  // namespace formats
