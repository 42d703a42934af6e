// Writes PNGs for people to look at: reports, sheets of images beside their reconstructions.
#pragma once

#include "formats/image.hpp"
#include "formats/publish.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace formats {

/// Grey (1 channel) or RGB (3): with 16 bits if the image's type is u16, else 8; 0..1 is black to
/// white and what is beyond is clamped. `description`, in ASCII, is kept in the file: what there is
/// to see. Throws FormatError if the image does not fit.
std::vector<std::byte> encode_png(const Image& image, const std::string& description = {});

/// True if published (see Publication::commit). Throws FormatError, IoError.
bool write_png(const std::filesystem::path& path, const Image& image,
               const std::string& description = {}, Publish publish = Publish::replace);

}  // namespace formats
