// A POSIX file descriptor that closes itself, with reads and writes that are whole or throw:
// short counts and EINTR are dealt with here, once.
#pragma once

#include "formats/error.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include <fcntl.h>

namespace formats {

class File {
  public:
    /// `flags` as of open(2), O_CLOEXEC is added. Throws IoError.
    explicit File(std::filesystem::path path, int flags = O_RDONLY);
    ~File();
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    int descriptor() const { return descriptor_; }
    uint64_t size() const;  // in bytes

    /// Up to into.size() bytes from `offset` on; fewer only at the end of the file.
    size_t read_at(uint64_t offset, std::span<std::byte> into) const;
    void write_at(uint64_t offset, std::span<const std::byte> bytes);
    /// Cuts it, or puts zeros behind its end.
    void resize(uint64_t size);
    /// Waits until everything is on the disk.
    void sync();

  private:
    std::filesystem::path path_;
    int descriptor_;
};

/// The whole of a file. Throws IoError, and FormatError if it is larger than `limit` bytes.
std::vector<std::byte> read_file(const std::filesystem::path& path, uint64_t limit = UINT64_MAX);

}  // namespace formats
