// Reads a whole TIFF as a frame: what an archive keeps of it.
#pragma once

#include "formats/frame.hpp"
#include "formats/tiff_reader.hpp"

#include <filesystem>

namespace formats {

/// Every page, and the first one's tags. `max_samples` holds for all pages together. Throws
/// FormatError, also if pages differ in size, channels or sample type.
Frame read_tiff_frame(const std::filesystem::path& path,
                      const TiffOptions& options = {.colour = Colour::keep});
/// The same of one that is read already.
Frame read_tiff_frame(const TiffFile& file, const TiffOptions& options);

}  // namespace formats
