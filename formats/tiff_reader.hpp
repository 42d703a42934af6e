// Reads TIFF images that nobody vouches for: sizes are checked before memory is taken, and a file
// is decoded exactly or refused with a reason, never in part.
//
// Read: 8- and 16-bit unsigned, 16-bit signed, 32-bit float; 1, 2 and 4 bits (spread over 0..255,
// which is exact); 10, 12 and 14 bits (as the same value in 16 bits); 16-bit float; 64-bit float
// (rounded to 32). Strips and tiles, contiguous and separate planes, either byte order, BigTIFF,
// every compression of libtiff but old-style JPEG, palettes, min-is-white (inverted), JPEG YCbCr.
// Refused: 8-bit signed, 32-bit integer (float cannot hold it), complex, CMYK, Lab, LogLuv, YCbCr
// without JPEG. Rows and columns stay as they are stored: the orientation tag is not applied.
#pragma once

#include "formats/frame.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace formats {

/// What becomes of images of more than one sample per pixel, and of palettes that are not grey.
enum class Colour {
    refuse,
    luminance,  // 0.299 R + 0.587 G + 0.114 B, not rounded; alpha is dropped
    keep,       // each sample, alpha too, is a channel; a palette gives red, green and blue
    exact,      // as keep, if a TIFF of these samples shows the same; else the file is refused
};

struct TiffOptions {
    Colour colour = Colour::refuse;
    uint64_t max_samples = uint64_t{1} << 28;  // pixels times samples per pixel, of one page
    double max_ratio = 1000;                   // decoded bytes per stored byte ...
    uint64_t free_bytes = uint64_t{64} << 20;  // ... of pages that decode to more than this
    uint64_t max_file_bytes = uint64_t{1} << 32;
    int max_pages = 65535;
};

/// How many pages a file has; reads directories only. Throws FormatError if one is out of the file;
/// a chain that loops ends where it loops.
int tiff_pages(const std::filesystem::path& path, const TiffOptions& options = {});

/// One page, from 0. Throws FormatError.
Image read_tiff(const std::filesystem::path& path, int page = 0, const TiffOptions& options = {});

/// A file held in memory, for reading several of its pages.
class TiffFile {
  public:
    explicit TiffFile(const std::filesystem::path& path, const TiffOptions& options = {});
    /// Of a file that was read already; `name` is its path, for images and errors.
    TiffFile(std::string name, std::vector<std::byte> bytes, const TiffOptions& options = {});

    int pages() const { return static_cast<int>(directories_.size()); }
    Image read(int page) const;
    TiffTags tags(int page) const;  // those that an archive keeps
    const std::string& sha256() const { return sha256_; }

  private:
    std::string path_;
    TiffOptions options_;
    std::vector<std::byte> bytes_;
    std::string sha256_;
    std::vector<uint64_t> directories_;  // where each page's directory is
};

}  // namespace formats
