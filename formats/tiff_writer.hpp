// Writes images and frames as TIFF, in the type that they were read in. Equal images give equal
// bytes.
#pragma once

#include "formats/frame.hpp"
#include "formats/publish.hpp"

#include <filesystem>
#include <span>

namespace formats {

enum class TiffCompression { none, deflate, lzw, zstd };

struct TiffWriteOptions {
    TiffCompression compression = TiffCompression::none;
    Publish publish = Publish::replace;
};

/// Grey (1 channel), RGB (3) or several channels, contiguous, in the image's own type; values out
/// of its range are clamped. True if published (see Publication::commit). Throws FormatError if the
/// size is wrong or a sample is NaN or Inf, IoError if it cannot be written.
bool write_tiff(const std::filesystem::path& path, const Image& image,
                const TiffWriteOptions& options = {});

/// Several images as the pages of one file.
bool write_tiff(const std::filesystem::path& path, std::span<const Image> pages,
                const TiffWriteOptions& options = {});

/// The pages of a frame. The first has its tags, as valid_tiff_tags() lets them pass, and the
/// others the resolution.
bool write_tiff(const std::filesystem::path& path, const Frame& frame,
                const TiffWriteOptions& options = {});

}  // namespace formats
