// HDF5 files of ours: published whole, and not opened again before their SHA-256 is checked,
// because libhdf5 does not survive every damaged file.
//
// The first 512 bytes are an HDF5 user block, which any HDF5 client passes over: the line
// "latentflow hdf5 sha256 <64 hexadecimal digits>\n" and zeros. The digest is that of all that
// follows: `tail -c +513 FILE | sha256sum`. It is also the name by which one file refers to
// another.
#pragma once

#include "formats/file.hpp"
#include "formats/hdf5.hpp"
#include "formats/hdf5_disk.hpp"
#include "formats/publish.hpp"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

namespace formats {

/// The digest in a file's first line, not checked. Throws FormatError if there is none.
std::string hdf5_digest(const std::filesystem::path& path);

/// Reads the whole file and throws FormatError unless its first line holds the digest of the rest.
/// Gives the SHA-256 of all of it, as sha256sum does.
std::string check_signed_file(const std::filesystem::path& path);

namespace hdf5 {

/// A file being written. Close all objects in it before commit().
class Writer {
  public:
    Writer(const std::filesystem::path& path, Publish how);

    hid_t file() const { return file_; }

    /// Throws IoError if something could not be written so far: else it is told by commit().
    void check() const { disk_.check(); }

    /// Ends the HDF5 file and puts bytes behind all that HDF5 knows of; gives where they begin.
    uint64_t append(std::span<const std::byte> bytes);

    /// Closes, signs and publishes it: see Publication::commit.
    bool commit();
    const std::string& digest() const { return digest_; }  // after commit()

  private:
    void close();

    Publication publication_;
    File written_;
    Disk disk_;
    uint64_t failed_before_;
    Handle file_;  // last, so that it is closed before its file is removed
    std::string digest_;
};

/// A file whose digest is right, and that hdf5_trial.hpp has found harmless: nothing in it leads
/// out of it or is far larger than what is stored, and a process that read it lived on.
class Reader {
  public:
    /// Throws FormatError.
    explicit Reader(const std::filesystem::path& path);

    hid_t file() const { return file_; }

  private:
    File opened_;  // what was checked is what is read, even if the name changes hands
    Disk disk_;
    Handle file_;
};

}  // namespace hdf5
}  // namespace formats
