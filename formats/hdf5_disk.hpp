// The disk, as libhdf5 sees it: a driver of ours below the library, in place of its own.
//
// libhdf5 does not survive a disk that fails: a dataset that cannot be flushed when it is closed
// loses its data without a word, and a file that cannot be closed is closed again at the program's
// end, which crashes. So it never hears of it: the first failure is kept here, nothing is written
// after it, and whoever writes asks before the file gets its name. Short counts and EINTR are dealt
// with by File, as everywhere.
#pragma once

#include "formats/file.hpp"
#include "formats/hdf5.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include <hdf5.h>

namespace formats::hdf5 {

/// How many objects of this process could not be closed, for want of memory say, which may have
/// lost what was put into them: a destructor cannot tell.
uint64_t failed_closes();

/// A file's content for libhdf5. Must outlive the HDF5 file.
class Disk {
  public:
    /// `name` is what errors name.
    Disk(const File& file, std::string name) : reads_(file), name_(std::move(name)) {}
    Disk(File& file, std::string name) : reads_(file), writes_(&file), name_(std::move(name)) {}
    Disk(const Disk&) = delete;
    Disk& operator=(const Disk&) = delete;

    /// Throws the IoError of the first call that failed, if one did.
    void check() const;

    // What the driver does, which libhdf5 calls. An errno, or 0.
    int read(uint64_t offset, std::span<std::byte> into);
    void write(uint64_t offset, std::span<const std::byte> bytes);
    void resize(uint64_t size);  // cuts it, or puts zeros behind its end
    uint64_t size() const;

  private:
    template <class Work>
    void attempt(Work work);

    const File& reads_;
    File* writes_ = nullptr;
    std::string name_;
    std::unique_ptr<const IoError> failed_;
};

/// The settings with which files on it are made and opened.
Handle access_options(Disk& disk);
/// For reading.
Handle open_file(Disk& disk, const std::string& place);

}  // namespace formats::hdf5
