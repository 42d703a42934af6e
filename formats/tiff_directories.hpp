// The directories of a TIFF, one a page: where they are, and where in them a tag's value is. Our
// own walk, because libtiff's takes quadratic time on a chain that is made to be long, and needs
// the way to page k walked again for each k.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <tiff.h>

namespace formats {

/// Fills `into` from a place in the file; gives the count, less only at the file's end.
using ReadAt = std::function<size_t(uint64_t offset, std::span<std::byte> into)>;

/// From a file in memory, which must outlive it.
ReadAt read_from(std::span<const std::byte> bytes);

/// Where the value of a tag is.
struct TiffValue {
    uint64_t offset = 0, bytes = 0;
};

class TiffDirectories {
  public:
    /// Every error is a FormatError that begins with `name`; the first: that it is no TIFF.
    TiffDirectories(ReadAt read, std::string name);

    /// Offsets in order. A chain that returns to where it was ends there. Throws if it leads out of
    /// the file, or has more than `most` pages.
    std::vector<uint64_t> offsets(int most) const;

    /// Of the first entry for the tag in a directory, if it is of this type. Throws if the value is
    /// not within the file.
    std::optional<TiffValue> find(uint64_t directory, uint16_t tag, TIFFDataType type) const;

    /// A value that find() gave, as numbers of `size` bytes each, which become little-endian.
    std::vector<std::byte> read(const TiffValue& value, size_t size) const;

  private:
    uint64_t entries(uint64_t directory) const;  // how many
    uint64_t after(uint64_t directory) const;
    uint64_t number(uint64_t offset, size_t size) const;
    [[noreturn]] void out_of_file(const char* what, uint64_t offset) const;

    ReadAt read_;
    std::string name_;
    bool little_ = true;
    bool big_ = false;
};

}  // namespace formats
