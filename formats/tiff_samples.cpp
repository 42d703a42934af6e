// See tiff_samples.hpp.
#include "formats/tiff_samples.hpp"

#include "formats/error.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstring>

namespace formats {

namespace {

template <class T>
void unpack_whole(std::span<const std::byte> row, std::span<float> into) {
    for (size_t i = 0; i < into.size(); ++i) {
        T value;
        std::memcpy(&value, row.data() + i * sizeof(T), sizeof(T));
        into[i] = static_cast<float>(value);
    }
}

/// 1 to 16 bits, packed most significant first.
void unpack_bits(unsigned bits, std::span<const std::byte> row, std::span<float> into) {
    const unsigned mask = (1U << bits) - 1;
    unsigned held = 0, waiting = 0;
    size_t next = 0;
    for (float& value : into) {
        while (waiting < bits) {
            held = held << 8 | std::to_integer<unsigned>(row[next++]);
            waiting += 8;
        }
        waiting -= bits;
        value = static_cast<float>(held >> waiting & mask);
    }
}

/// IEEE 754 half precision, which C++20 does not know.
float from_half(uint16_t half) {
    const int exponent = half >> 10 & 31;
    const int fraction = half & 1023;
    float value = exponent == 0 ? std::ldexp(static_cast<float>(fraction), -24)
                                : std::ldexp(static_cast<float>(fraction + 1024), exponent - 25);
    if (exponent == 31) value = fraction == 0 ? INFINITY : NAN;
    return (half & 0x8000) != 0 ? -value : value;
}

/// The colours of a palette in units of full scale.
struct Palette {
    std::array<std::vector<float>, 3> channels;
    SampleType type;
    bool grey;
};

Palette palette_of(TIFF* tiff, unsigned bits, const std::string& place) {
    std::array<const uint16_t*, 3> maps{};
    if (TIFFGetField(tiff, TIFFTAG_COLORMAP, &maps[0], &maps[1], &maps[2]) != 1)
        throw FormatError(place + "a palette image without a palette");
    const size_t size = size_t{1} << bits;
    const auto every = [&](auto test) {
        for (const uint16_t* map : maps)
            for (size_t i = 0; i < size; ++i)
                if (!test(map[i])) return false;
        return true;
    };
    // Entries have 16 bits. Writers spread 8-bit ones over them by 257, or shift them by 8 bits (as
    // in BBBC016), or forget to (in which case all are small).
    unsigned divisor = 1;
    if (every([](unsigned v) { return v < 256; }))
        divisor = 1;
    else if (every([](unsigned v) { return v % 256 == 0; }))
        divisor = 256;
    else if (every([](unsigned v) { return v % 257 == 0; }))
        divisor = 257;
    else
        divisor = 0;  // 16 bits indeed

    Palette palette{{}, divisor == 0 ? SampleType::u16 : SampleType::u8, true};
    for (size_t i = 0; i < size; ++i) {
        palette.grey = palette.grey && maps[0][i] == maps[1][i] && maps[1][i] == maps[2][i];
        for (size_t c = 0; c < 3; ++c) {
            const uint16_t entry = maps[c][i];
            palette.channels[c].push_back(
                divisor == 0 ? to_unit(entry) : to_unit(static_cast<uint8_t>(entry / divisor)));
        }
    }
    return palette;
}

/// Turns the indices, which come first, into colours.
SampleType look_up(const Palette& palette, size_t pixels, std::vector<float>& samples) {
    const auto behind = samples.begin() + static_cast<std::ptrdiff_t>(pixels);
    if (!palette.grey) samples.insert(behind, pixels * 2, 0.0F);
    for (size_t c = palette.grey ? 1 : 3; c-- > 0;)  // the first channel last: it holds the indices
        for (size_t i = 0; i < pixels; ++i)
            samples[c * pixels + i] = palette.channels[c][static_cast<size_t>(samples[i])];
    return palette.type;
}

}  // namespace

void unpack_row(const TiffLayout& layout, std::span<const std::byte> row, std::span<float> into) {
    const bool is_float = layout.format == SAMPLEFORMAT_IEEEFP;
    if (layout.bits == 8) return unpack_whole<uint8_t>(row, into);
    if (layout.bits == 32) return unpack_whole<float>(row, into);
    if (layout.bits == 64) return unpack_whole<double>(row, into);
    if (layout.bits != 16) return unpack_bits(layout.bits, row, into);
    if (layout.format == SAMPLEFORMAT_INT) return unpack_whole<int16_t>(row, into);
    unpack_whole<uint16_t>(row, into);
    if (is_float)
        for (float& value : into) value = from_half(static_cast<uint16_t>(value));
}

SampleType to_units(const TiffLayout& layout, TIFF* tiff, Colour colour, const std::string& place,
                    std::vector<float>& samples) {
    if (layout.format == SAMPLEFORMAT_IEEEFP) return SampleType::f32;
    if (layout.format == SAMPLEFORMAT_INT) {
        for (float& value : samples) value = to_unit(static_cast<int16_t>(value));
        return SampleType::s16;
    }
    const auto largest = static_cast<float>((1U << layout.bits) - 1);
    if (layout.photometric == PHOTOMETRIC_PALETTE) {
        const Palette palette = palette_of(tiff, layout.bits, place);
        if (!palette.grey && (colour == Colour::refuse || colour == Colour::exact))
            throw FormatError(place +
                              "a palette of colours, but grey was asked for; set colour: "
                              "luminance or keep");
        const size_t pixels = samples.size() / layout.samples;
        for (float& extra : std::span(samples).subspan(pixels)) extra /= largest;
        return look_up(palette, pixels, samples);
    }
    if (layout.photometric == PHOTOMETRIC_MINISWHITE)
        for (float& value : samples) value = largest - value;
    // 1, 2 and 4 bits divide 0..255 evenly. 10 to 14 do not divide 0..65535: their values stay, as
    // cameras store them in 16 bits.
    const float unit = layout.bits <= 8 ? largest : 65535.0F;
    for (float& value : samples) value /= unit;
    return layout.bits <= 8 ? SampleType::u8 : SampleType::u16;
}

}  // namespace formats
