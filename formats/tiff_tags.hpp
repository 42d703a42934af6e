// What an archive keeps of a TIFF beside its samples: description and resolution
// (formats/stream.md, section Tags), bit for bit. Past libtiff, which holds a rational as a float
// and a text up to its first 0.
#pragma once

#include "formats/frame.hpp"
#include "formats/tiff_directories.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

#include <tiffio.h>

namespace formats {

/// Of one page. Tags of another type or count than TIFF 6.0 gives them are left out. Throws
/// FormatError if a value is not within the file.
TiffTags read_tiff_tags(const TiffDirectories& file, uint64_t directory);

/// Those that may be written to a TIFF, whoever made them: unknown ones, and values of a wrong size
/// or unit, are left out; resolutions too unless both are there.
TiffTags valid_tiff_tags(const TiffTags& tags);

/// Has libtiff make room for valid tags in the directory that it is about to write; false if it
/// refuses.
bool reserve_tiff_tags(TIFF* tiff, const TiffTags& tags);

/// Puts the values into that room, in a little-endian file of which `directory` is one.
void fill_tiff_tags(std::span<std::byte> file, const TiffDirectories& directories,
                    uint64_t directory, const TiffTags& tags);

}  // namespace formats
