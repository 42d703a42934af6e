// What the tags of one TIFF page promise, checked against what we read, against the limits and
// against the file, all before memory is taken for samples.
#pragma once

#include "formats/tiff_handle.hpp"
#include "formats/tiff_reader.hpp"

#include <cstdint>
#include <string>

namespace formats {

struct TiffLayout {
    uint32_t width = 0, height = 0;
    uint16_t samples = 1;  // per pixel
    uint16_t bits = 1;     // per sample
    uint16_t format = SAMPLEFORMAT_UINT;
    uint16_t photometric = PHOTOMETRIC_MINISBLACK;
    uint16_t extra = 0;  // samples beyond grey or RGB
    bool alpha = false;  // whether the first of them is one

    // A block is a strip or a tile; a plane has all samples, or one each.
    bool tiled = false, separate = false;
    uint32_t block_width = 0, block_height = 0;
    uint64_t block_bytes = 0;  // of a whole one, decoded
    uint64_t row_bytes = 0;    // of one row of a block, decoded

    uint32_t planes() const { return separate ? samples : 1; }
    uint32_t samples_per_plane() const { return separate ? 1 : samples; }
    uint64_t across() const { return (uint64_t{width} + block_width - 1) / block_width; }
    uint64_t down() const { return (uint64_t{height} + block_height - 1) / block_height; }
    uint64_t blocks() const { return across() * down() * planes(); }
};

/// Of the handle's current directory. Throws FormatError beginning with `place`.
TiffLayout tiff_layout(TIFF* tiff, uint64_t file_bytes, const TiffOptions& options,
                       const std::string& place);

}  // namespace formats
