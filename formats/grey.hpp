// Grey images as the classic codecs take and give them: whole numbers of 8 or 16 bits, row by row.
// What they share is here, so that each codec's file holds its library's calls alone.
#pragma once

#include "formats/image.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace formats {

/// What a decoder makes of a stream at most, unless it is told otherwise.
inline constexpr uint64_t default_max_pixels = uint64_t{1} << 26;

/// The bits of a sample: 8, 16 or 32.
int bits(SampleType type);

/// Bits and kind, as in "16-bit signed".
const char* name(SampleType type);

/// Throws FormatError, beginning with `codec`, unless the image is grey, of unsigned samples of 8
/// bits or, if `max_bits` is 16, of 16.
void check_grey(const Image& image, const std::string& codec, int max_bits);

/// For a stream's header, before memory is taken: throws FormatError, beginning with `codec`,
/// unless both sides are positive and there are at most `max_pixels`.
void check_size(const std::string& codec, uint64_t width, uint64_t height, uint64_t max_pixels);

template <class T>
std::vector<T> stored_values(const Image& image) {
    std::vector<T> values(image.samples.size());
    std::transform(image.samples.begin(), image.samples.end(), values.begin(), to_stored<T>);
    return values;
}

template <class T>
Image grey_image(uint64_t width, uint64_t height, std::span<const T> values) {
    static_assert(std::is_same_v<T, uint8_t> || std::is_same_v<T, uint16_t>);
    Image image;
    image.width = static_cast<int>(width);
    image.height = static_cast<int>(height);
    image.type = sizeof(T) == 1 ? SampleType::u8 : SampleType::u16;
    image.samples.resize(values.size());
    std::transform(values.begin(), values.end(), image.samples.begin(), to_unit<T>);
    return image;
}

}  // namespace formats
