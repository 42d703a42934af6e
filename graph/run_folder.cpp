// The run's folder.
#include "graph/run_folder.hpp"

#include "graph/value.hpp"

#include <fstream>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

namespace graph {

namespace fs = std::filesystem;

namespace {

/// Makes a file's or folder's content or name durable.
void sync(const fs::path& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const bool done = file >= 0 && ::fsync(file) == 0;
    const int error = errno;
    if (file >= 0) ::close(file);
    if (!done) throw std::system_error(error, std::generic_category(), path.string());
}

fs::path parent(const fs::path& path) {
    return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

}  // namespace

RunFolder::RunFolder(fs::path folder, bool resume) : final_(std::move(folder)) {
    if (!final_.has_filename()) final_ = final_.parent_path();
    path_ = std::make_shared<fs::path>(final_);
    if (resume) return;
    fs::create_directories(parent(final_));
    *path_ =
        parent(final_) / fmt::format(".{}.{}.starting", final_.filename().string(), ::getpid());
    fs::remove_all(*path_);
    fs::create_directory(*path_);
}

RunFolder::~RunFolder() {
    std::error_code ignored;
    if (*path_ != final_) fs::remove_all(*path_, ignored);
    if (lock_ >= 0) ::close(lock_);
}

void RunFolder::lock() {
    if (lock_ < 0) lock_ = ::open(path_->c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    // File systems that know no locks are let by.
    if (lock_ >= 0 && ::flock(lock_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        throw ConfigurationError(final_.string() +
                                 ": the run is going on, in another process; wait for that, or "
                                 "stop it with Ctrl-C or SIGTERM");
}

fs::path RunFolder::appear() {
    fs::path kept;
    if (*path_ == final_) return kept;
    sync(*path_);
    std::error_code error;
    // Over an empty folder, if there is one. Another process may do the same at the same time.
    while (fs::rename(*path_, final_, error), error) {
        if (error != std::errc::directory_not_empty && error != std::errc::file_exists &&
            error != std::errc::not_a_directory)
            throw std::system_error(error, final_.string());
        if (!fs::exists(final_ / "resolved.yaml")) {
            if (!fs::exists(final_)) continue;
            throw std::system_error(EEXIST, std::generic_category(),
                                    final_.string() +
                                        " is there and is not a run's folder; choose "
                                        "another with --set run.out=DIR");
        }
        int number = 1;
        fs::path free;
        do free = fmt::format("{}.{}", final_.string(), number++);
        while (fs::exists(free));
        fs::rename(final_, free, error);
        if (!error) kept = free;
    }
    sync(parent(final_));
    *path_ = final_;
    return kept;
}

void RunFolder::write(const std::string& name, const std::string& text) const {
    const fs::path temporary = *path_ / fmt::format(".{}.{}", name, ::getpid());
    std::ofstream out(temporary, std::ios::binary);
    out << text;
    out.close();
    if (!out) throw std::system_error(errno, std::generic_category(), temporary.string());
    sync(temporary);
    fs::rename(temporary, *path_ / name);
    sync(*path_);
}

}  // namespace graph
