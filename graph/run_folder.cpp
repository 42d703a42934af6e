// The run's folder.
#include "graph/run_folder.hpp"

#include "graph/retried.hpp"
#include "graph/status_file.hpp"
#include "graph/text_file.hpp"
#include "graph/value.hpp"

#include <chrono>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

namespace graph {

namespace fs = std::filesystem;

namespace {

fs::path parent(const fs::path& path) {
    return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

/// A folder, open, and perhaps locked: the lock is let go with it, or with the process.
class OpenFolder {
  public:
    explicit OpenFolder(const fs::path& path)
        : file_(retried([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); })) {
    }
    ~OpenFolder() {
        if (file_ >= 0) ::close(file_);
    }
    OpenFolder(const OpenFolder&) = delete;
    OpenFolder& operator=(const OpenFolder&) = delete;

    /// False only if another has it: file systems that know no locks are let by.
    bool lock(int how) const {
        if (file_ < 0) return true;
        return retried([&] { return ::flock(file_, how); }) == 0 || errno != EWOULDBLOCK;
    }
    int release() { return std::exchange(file_, -1); }

  private:
    int file_;
};

[[noreturn]] void refuse(const fs::path& folder) {
    const auto status = read_status_file(folder);
    throw ConfigurationError(fmt::format(
        "{}: the run in it is going on, in {}: wait for it, stop it with Ctrl-C or SIGTERM, or "
        "choose another folder with --set run.out=DIR",
        folder.string(),
        status ? fmt::format("process {} on {}", status->pid, status->host) : "another process"));
}

}  // namespace

void make_folder(const fs::path& folder) {
    if (fs::is_directory(folder)) return;
    make_folder(parent(folder));
    fs::create_directory(folder);
    flush(parent(folder));
}

void refuse_if_going_on(const fs::path& folder) {
    // Shared: two that look at the same time must not take each other for a run.
    if (!OpenFolder(folder).lock(LOCK_SH | LOCK_NB)) refuse(folder);
}

RunFolder::RunFolder(fs::path folder, bool resume) : final_(std::move(folder)) {
    if (!final_.has_filename()) final_ = final_.parent_path();
    path_ = std::make_shared<fs::path>(final_);
    if (resume) return;
    refuse_if_going_on(final_);
    make_folder(parent(final_));
    int number = 0;
    do
        *path_ = parent(final_) / fmt::format(".{}.{}-{}.starting", final_.filename().string(),
                                              ::getpid(), number++);
    while (!fs::create_directory(*path_));
}

RunFolder::~RunFolder() {
    std::error_code ignored;
    if (*path_ != final_) fs::remove_all(*path_, ignored);
    if (lock_ >= 0) ::close(lock_);
}

void RunFolder::lock() {
    if (lock_ >= 0) return;
    OpenFolder folder(*path_);
    // Who only looks has it for an instant.
    for (int tries = 0; !folder.lock(LOCK_EX | LOCK_NB); ++tries) {
        if (tries == 10) refuse(final_);
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    lock_ = folder.release();
}

fs::path RunFolder::appear() {
    fs::path kept;
    if (*path_ == final_) return kept;
    flush(*path_);
    // One at a time, as long as a few renames take.
    const OpenFolder around(parent(final_));
    around.lock(LOCK_EX);
    refuse_if_going_on(final_);
    std::error_code error;
    // Over an empty folder, if there is one.
    while (fs::rename(*path_, final_, error), error) {
        if (error != std::errc::directory_not_empty && error != std::errc::file_exists &&
            error != std::errc::not_a_directory)
            throw std::system_error(error, final_.string());
        if (!fs::exists(final_ / "resolved.yaml"))
            throw std::system_error(EEXIST, std::generic_category(),
                                    final_.string() +
                                        " is there and is not a run's folder; choose "
                                        "another with --set run.out=DIR");
        int number = 1;
        fs::path free;
        do free = fmt::format("{}.{}", final_.string(), number++);
        while (fs::exists(free));
        fs::rename(final_, free);
        kept = free;
    }
    flush(parent(final_));
    *path_ = final_;
    return kept;
}

void RunFolder::write(const std::string& name, const std::string& text) const {
    replace_file_durably(*path_ / name, text);
}

}  // namespace graph
