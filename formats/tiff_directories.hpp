// Where the directories of a TIFF are, one a page. Our own walk, because libtiff's takes quadratic
// time on a chain that is made to be long, and needs the way to page k walked again for each k.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace formats {

/// Fills `into` from a place in the file; gives the count, less only at the file's end.
using ReadAt = std::function<size_t(uint64_t offset, std::span<std::byte> into)>;

/// Offsets in order. A chain that returns to where it was ends there. Throws FormatError, beginning
/// with `name`, if it is no TIFF, leads out of the file, or has more than `most` pages.
std::vector<uint64_t> tiff_directories(const ReadAt& read, const std::string& name, int most);

}  // namespace formats
