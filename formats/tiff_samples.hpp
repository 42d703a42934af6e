// From the bits of a decoded TIFF row to numbers, and from those to units of full scale.
#pragma once

#include "formats/image.hpp"
#include "formats/tiff_layout.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace formats {

/// The numbers stored in a row of samples that follow each other, as float, which holds them all
/// exactly but 64-bit floats, which are rounded.
void unpack_row(const TiffLayout& layout, std::span<const std::byte> row, std::span<float> into);

/// Turns stored numbers (channels x pixels) into units of full scale, in place: inverts
/// min-is-white, looks palettes up. Gives the type, and three channels for the first if a palette
/// is not grey, which is only allowed unless colour is refused. Throws FormatError beginning with
/// `place`.
SampleType to_units(const TiffLayout& layout, TIFF* tiff, Colour colour, const std::string& place,
                    std::vector<float>& samples);

}  // namespace formats
