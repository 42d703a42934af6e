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

struct Frame {
    std::vector<Image> pages;  // one at least; equal in size, channels and type
    std::map<uint16_t, std::vector<std::byte>> tags;  // as StreamHeader::tags has them

    const std::string& path() const { return pages.front().path; }
};

}  // namespace formats
