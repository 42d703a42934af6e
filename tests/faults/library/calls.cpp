// libfaults: stands before libc, numbers the calls that a process makes on files, writes them down
// (tape.hpp) and makes the one that it is told to fail. Calls on what belongs to the system are
// let by. Preloaded, it is told by the environment:
//   FAULTS_TAPE=FILE    of some megabytes of zeros: shared with children
//   FAULTS_BELOW=DIR    only what is below it; else all but the system's
//   FAULTS_AT=N         the call that fails
//   FAULTS_AS=ERRNO     a number, or "short": it reads or writes half of what it was asked for
//   FAULTS_ON=1         and all after it to which the error fits
#include "tests/faults/library/judge.hpp"

#include <cstdarg>
#include <map>
#include <mutex>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

namespace faults {
namespace {

uint64_t position(int descriptor) {
    const off_t at = ::lseek(descriptor, 0, SEEK_CUR);
    return at < 0 ? 0 : static_cast<uint64_t>(at);
}

std::span<const std::byte> bytes(const void* data, size_t count) {
    return {static_cast<const std::byte*>(data), count};
}

template <class Open>
int open_file(int folder, const char* name, int flags, Open open) {
    Made made{Call::open, looked_at(folder, name), "", 0, 0, 0, {}};
    made.flags = static_cast<uint16_t>(((flags & O_CREAT) ? 1 : 0) | ((flags & O_TRUNC) ? 2 : 0) |
                                       ((flags & O_DIRECTORY) ? 4 : 0));
    const int descriptor = make(made, -1, open);
    keep_path(descriptor, descriptor >= 0 ? made.path : "");
    return descriptor;
}

template <class Open>
FILE* open_stream(const char* name, const char* mode, Open open) {
    Made made{Call::open, looked_at(AT_FDCWD, name), "", 0, 0, 0, {}};
    made.flags = mode[0] == 'w' ? 3 : mode[0] == 'a' ? 1 : 0;
    FILE* stream = make(made, static_cast<FILE*>(nullptr), open);
    if (stream) keep_path(::fileno(stream), made.path);
    return stream;
}

/// Gone is the descriptor also when it fails.
template <class Close>
int close_file(int descriptor, Close close) {
    const Made made{Call::close, path_of(descriptor), "", 0, 0, 0, {}};
    uint64_t number = 0;
    const int fault = number_and_judge(made, number);
    keep_path(descriptor, "");
    const int result = close();
    if (result == 0 || fault > 0) write_down(made, number, fault);
    if (fault <= 0) return result;
    errno = fault;
    return -1;
}

int keep_copy(int file, int copy) {
    if (copy >= 0) keep_path(copy, path_of(file));
    return copy;
}

mode_t mode_in(std::va_list arguments, int flags) {
    return flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
}

/// Those that are looked at, with their paths. Never destroyed: calls are made until the very end.
class Folders {
  public:
    static Folders& all() {
        static Folders& it = *new Folders;
        return it;
    }
    void add(DIR* folder, const std::string& path) {
        const std::lock_guard lock(mutex_);
        if (folder && !path.empty()) paths_[folder] = path;
    }
    void remove(DIR* folder) {
        const std::lock_guard lock(mutex_);
        paths_.erase(folder);
    }
    std::string path(DIR* folder) {
        const std::lock_guard lock(mutex_);
        const auto found = paths_.find(folder);
        return found == paths_.end() ? "" : found->second;
    }

  private:
    std::mutex mutex_;
    std::map<DIR*, std::string> paths_;
};

}  // namespace
}  // namespace faults

using namespace faults;

extern "C" {

int open(const char* name, int flags, ...) {
    std::va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = mode_in(arguments, flags);
    va_end(arguments);
    static const auto call = next(::open, "open");
    return open_file(AT_FDCWD, name, flags, [&] { return call(name, flags, mode); });
}

int open64(const char* name, int flags, ...) {
    std::va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = mode_in(arguments, flags);
    va_end(arguments);
    return ::open(name, flags, mode);  // the same, where an off_t has 64 bits
}

int openat(int folder, const char* name, int flags, ...) {
    std::va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = mode_in(arguments, flags);
    va_end(arguments);
    static const auto call = next(::openat, "openat");
    return open_file(folder, name, flags, [&] { return call(folder, name, flags, mode); });
}

int openat64(int folder, const char* name, int flags, ...) {
    std::va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = mode_in(arguments, flags);
    va_end(arguments);
    return ::openat(folder, name, flags, mode);
}

int creat(const char* name, mode_t mode) {
    return ::open(name, O_CREAT | O_WRONLY | O_TRUNC, mode);
}
int creat64(const char* name, mode_t mode) { return ::creat(name, mode); }

FILE* fopen(const char* name, const char* mode) {
    static const auto call = next(::fopen, "fopen");
    return open_stream(name, mode, [&] { return call(name, mode); });
}
FILE* fopen64(const char* name, const char* mode) { return ::fopen(name, mode); }

int fclose(FILE* stream) {
    static const auto call = next(::fclose, "fclose");
    return close_file(::fileno(stream), [&] { return call(stream); });
}

int close(int file) {
    static const auto call = next(::close, "close");
    return close_file(file, [&] { return call(file); });
}

ssize_t read(int file, void* into, size_t count) {
    static const auto call = next(::read, "read");
    const std::string path = path_of(file);
    return move({Call::read, path, "", path.empty() ? 0 : position(file), 0, 0, {}}, count,
                [&](size_t n) { return call(file, into, n); });
}

ssize_t pread(int file, void* into, size_t count, off_t offset) {
    static const auto call = next(::pread, "pread");
    return move({Call::read, path_of(file), "", static_cast<uint64_t>(offset), 0, 0, {}}, count,
                [&](size_t n) { return call(file, into, n, offset); });
}
ssize_t pread64(int file, void* into, size_t count, off64_t offset) {
    return ::pread(file, into, count, offset);
}

ssize_t write(int file, const void* from, size_t count) {
    static const auto call = next(::write, "write");
    const std::string path = path_of(file);
    return move(
        {Call::write, path, "", path.empty() ? 0 : position(file), 0, 0, bytes(from, count)}, count,
        [&](size_t n) { return call(file, from, n); });
}

ssize_t pwrite(int file, const void* from, size_t count, off_t offset) {
    static const auto call = next(::pwrite, "pwrite");
    return move(
        {Call::write, path_of(file), "", static_cast<uint64_t>(offset), 0, 0, bytes(from, count)},
        count, [&](size_t n) { return call(file, from, n, offset); });
}
ssize_t pwrite64(int file, const void* from, size_t count, off64_t offset) {
    return ::pwrite(file, from, count, offset);
}

// One piece after the other, so that a short one needs no care: a caller goes on after the first.
ssize_t writev(int file, const iovec* pieces, int count) {
    static const auto call = next(::writev, "writev");
    if (path_of(file).empty()) return call(file, pieces, count);
    for (int i = 0; i < count; ++i)
        if (pieces[i].iov_len > 0) return ::write(file, pieces[i].iov_base, pieces[i].iov_len);
    return 0;
}

ssize_t readv(int file, const iovec* pieces, int count) {
    static const auto call = next(::readv, "readv");
    if (path_of(file).empty()) return call(file, pieces, count);
    for (int i = 0; i < count; ++i)
        if (pieces[i].iov_len > 0) return ::read(file, pieces[i].iov_base, pieces[i].iov_len);
    return 0;
}

int fsync(int file) {
    static const auto call = next(::fsync, "fsync");
    return make({Call::sync, path_of(file), "", 0, 0, 0, {}}, -1, [&] { return call(file); });
}

int fdatasync(int file) {
    static const auto call = next(::fdatasync, "fdatasync");
    return make({Call::sync, path_of(file), "", 0, 0, 0, {}}, -1, [&] { return call(file); });
}

int ftruncate(int file, off_t size) noexcept {
    static const auto call = next(::ftruncate, "ftruncate");
    return make({Call::truncate, path_of(file), "", static_cast<uint64_t>(size), 0, 0, {}}, -1,
                [&] { return call(file, size); });
}
int ftruncate64(int file, off64_t size) noexcept { return ::ftruncate(file, size); }

int rename(const char* from, const char* to) noexcept {
    static const auto call = next(::rename, "rename");
    return make({Call::rename, looked_at(AT_FDCWD, from), looked_at(AT_FDCWD, to), 0, 0, 0, {}}, -1,
                [&] { return call(from, to); });
}

int renameat2(int from_folder, const char* from, int to_folder, const char* to,
              unsigned flags) noexcept {
    static const auto call = next(::renameat2, "renameat2");
    return make({Call::rename, looked_at(from_folder, from), looked_at(to_folder, to), 0, 0, 0, {}},
                -1, [&] { return call(from_folder, from, to_folder, to, flags); });
}

int link(const char* from, const char* to) noexcept {
    static const auto call = next(::link, "link");
    return make({Call::link, looked_at(AT_FDCWD, from), looked_at(AT_FDCWD, to), 0, 0, 0, {}}, -1,
                [&] { return call(from, to); });
}

int unlink(const char* name) noexcept {
    static const auto call = next(::unlink, "unlink");
    return make({Call::unlink, looked_at(AT_FDCWD, name), "", 0, 0, 0, {}}, -1,
                [&] { return call(name); });
}

int unlinkat(int folder, const char* name, int flags) noexcept {
    static const auto call = next(::unlinkat, "unlinkat");
    return make({flags & AT_REMOVEDIR ? Call::remove_folder : Call::unlink,
                 looked_at(folder, name),
                 "",
                 0,
                 0,
                 0,
                 {}},
                -1, [&] { return call(folder, name, flags); });
}

int remove(const char* name) noexcept {
    struct stat status {};
    if (::lstat(name, &status) == 0 && S_ISDIR(status.st_mode)) return ::rmdir(name);
    return ::unlink(name);
}

int mkdir(const char* name, mode_t mode) noexcept {
    static const auto call = next(::mkdir, "mkdir");
    return make({Call::make_folder, looked_at(AT_FDCWD, name), "", 0, 0, 0, {}}, -1,
                [&] { return call(name, mode); });
}

int rmdir(const char* name) noexcept {
    static const auto call = next(::rmdir, "rmdir");
    return make({Call::remove_folder, looked_at(AT_FDCWD, name), "", 0, 0, 0, {}}, -1,
                [&] { return call(name); });
}

DIR* opendir(const char* name) {
    static const auto call = next(::opendir, "opendir");
    const std::string path = looked_at(AT_FDCWD, name);
    DIR* folder = make({Call::open_folder, path, "", 0, 0, 0, {}}, static_cast<DIR*>(nullptr),
                       [&] { return call(name); });
    Folders::all().add(folder, path);
    return folder;
}

DIR* fdopendir(int file) {
    static const auto call = next(::fdopendir, "fdopendir");
    DIR* folder = call(file);
    Folders::all().add(folder, path_of(file));
    return folder;
}

dirent* readdir(DIR* folder) {
    static const auto call = next(::readdir, "readdir");
    return make({Call::read_folder, Folders::all().path(folder), "", 0, 0, 0, {}},
                static_cast<dirent*>(nullptr), [&] { return call(folder); });
}
dirent64* readdir64(DIR* folder) { return reinterpret_cast<dirent64*>(::readdir(folder)); }

int closedir(DIR* folder) {
    static const auto call = next(::closedir, "closedir");
    Folders::all().remove(folder);
    keep_path(::dirfd(folder), "");
    return call(folder);
}

// A number that is given anew stands for what it is given to: never for what had it before.
int dup2(int file, int number) noexcept {
    static const auto call = next(::dup2, "dup2");
    return keep_copy(file, call(file, number));
}

int fcntl(int file, int command, ...) {
    std::va_list arguments;
    va_start(arguments, command);
    void* argument = va_arg(arguments, void*);
    va_end(arguments);
    static const auto call = next(::fcntl, "fcntl");
    const int result = call(file, command, argument);
    return command == F_DUPFD || command == F_DUPFD_CLOEXEC ? keep_copy(file, result) : result;
}

int pipe2(int* files, int flags) noexcept {
    static const auto call = next(::pipe2, "pipe2");
    const int result = call(files, flags);
    for (int end = 0; result == 0 && end < 2; ++end) keep_path(files[end], "");
    return result;
}

void* mmap(void* address, size_t length, int protection, int flags, int file,
           off_t offset) noexcept {
    static const auto call = next(::mmap, "mmap");
    return make({Call::map, file < 0 ? "" : path_of(file), "", 0, 0, 0, {}}, MAP_FAILED,
                [&] { return call(address, length, protection, flags, file, offset); });
}
void* mmap64(void* address, size_t length, int protection, int flags, int file,
             off64_t offset) noexcept {
    return ::mmap(address, length, protection, flags, file, offset);
}

}  // extern "C"
