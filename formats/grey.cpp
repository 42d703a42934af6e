// See grey.hpp.
#include "formats/grey.hpp"

#include "formats/error.hpp"
#include "formats/sizes.hpp"

#include <fmt/format.h>

namespace formats {

int bits(SampleType type) {
    switch (type) {
        case SampleType::u8:
            return 8;
        case SampleType::u16:
        case SampleType::s16:
            return 16;
        case SampleType::f32:
            break;
    }
    return 32;
}

const char* name(SampleType type) {
    switch (type) {
        case SampleType::u8:
            return "8-bit unsigned";
        case SampleType::u16:
            return "16-bit unsigned";
        case SampleType::s16:
            return "16-bit signed";
        case SampleType::f32:
            break;
    }
    return "32-bit float";
}

void check_grey(const Image& image, const std::string& codec, int max_bits) {
    check(image, codec);
    if (image.channels != 1)
        throw FormatError(
            fmt::format("{}: {} channels, but only grey images are coded", codec, image.channels));
    const bool fits =
        image.type == SampleType::u8 || (image.type == SampleType::u16 && max_bits == 16);
    if (!fits)
        throw FormatError(fmt::format("{}: {} samples, but unsigned ones of {} are needed", codec,
                                      name(image.type),
                                      max_bits == 16 ? "8 or 16 bits" : "8 bits"));
}

void check_size(const std::string& codec, uint64_t width, uint64_t height, uint64_t max_pixels) {
    if (width == 0 || height == 0 || product({width, height}) > max_pixels)
        throw FormatError(
            fmt::format("{}: {} x {} pixels, but at least 1 x 1 and at most {} in all "
                        "are read",
                        codec, width, height, max_pixels));
}

}  // namespace formats
