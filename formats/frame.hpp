// What an archive keeps of a file: all its pages, which have one size and type, and what it says of
// them beside the samples.
#pragma once

#include "formats/image.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace formats {

/// By TIFF's numbers; formats/stream.md, section Tags, says which and how.
using TiffTags = std::map<uint16_t, std::vector<std::byte>>;

struct Frame {
    std::vector<Image> pages;  // one at least; equal in size, channels and type
    TiffTags tags;             // of the first

    const std::string& path() const { return pages.front().path; }
};

}  // namespace formats
