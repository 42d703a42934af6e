// See file.hpp.
#include "formats/file.hpp"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

namespace formats {

namespace {

template <class Call>
auto retried(Call call) {
    auto result = call();
    while (result < 0 && errno == EINTR) result = call();
    return result;
}

}  // namespace

File::File(std::filesystem::path path, int flags)
    : path_(std::move(path)),
      descriptor_(retried([&] { return ::open(path_.c_str(), flags | O_CLOEXEC, 0666); })) {
    if (descriptor_ < 0) throw IoError(path_, "open", errno);
}

// Whoever cares whether the data arrived has called sync(): close(2) has nothing to add.
File::~File() { ::close(descriptor_); }

uint64_t File::size() const {
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0) throw IoError(path_, "examine", errno);
    return static_cast<uint64_t>(status.st_size);
}

size_t File::read_at(uint64_t offset, std::span<std::byte> into) const {
    constexpr uint64_t longest = std::numeric_limits<off_t>::max();  // of all files
    if (offset > longest) return 0;
    into = into.first(std::min<uint64_t>(into.size(), longest - offset));
    size_t done = 0;
    while (done < into.size()) {
        const auto count = retried([&] {
            return ::pread(descriptor_, into.data() + done, into.size() - done,
                           static_cast<off_t>(offset + done));
        });
        if (count < 0) throw IoError(path_, "read", errno);
        if (count == 0) break;
        done += static_cast<size_t>(count);
    }
    return done;
}

void File::write_at(uint64_t offset, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const auto count = retried([&] {
            return ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        });
        if (count < 0) throw IoError(path_, "write", errno);
        offset += static_cast<uint64_t>(count);
        bytes = bytes.subspan(static_cast<size_t>(count));
    }
}

void File::resize(uint64_t size) {
    if (retried([&] { return ::ftruncate(descriptor_, static_cast<off_t>(size)); }) != 0)
        throw IoError(path_, "write", errno);
}

void File::sync() {
    if (retried([&] { return ::fsync(descriptor_); }) != 0) throw IoError(path_, "flush", errno);
}

std::vector<std::byte> read_file(const std::filesystem::path& path, uint64_t limit) {
    const File file(path);
    const uint64_t size = file.size();
    if (size > limit)
        throw FormatError(path.string() + ": " + std::to_string(size) + " bytes, but at most " +
                          std::to_string(limit) +
                          " are read; raise the limit if the file is to be trusted");
    std::vector<std::byte> bytes(size);
    bytes.resize(file.read_at(0, bytes));
    return bytes;
}

}  // namespace formats
