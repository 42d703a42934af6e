// See lossless.hpp.
#include "formats/lossless.hpp"

#include "formats/error.hpp"
#include "formats/jpegxl.hpp"
#include "formats/sizes.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace formats {
namespace {

Image plane_of(const Image& page, int channel) {
    const auto size = static_cast<size_t>(page.width) * static_cast<size_t>(page.height);
    Image plane;
    plane.width = page.width;
    plane.height = page.height;
    plane.type = page.type;
    const auto begin = page.samples.begin() + static_cast<std::ptrdiff_t>(size) * channel;
    plane.samples.assign(begin, begin + static_cast<std::ptrdiff_t>(size));
    return plane;
}

}  // namespace

LosslessFrame encode_lossless(const Frame& frame, int effort) {
    LosslessFrame result;
    for (const Image& page : frame.pages)
        for (int channel = 0; channel < page.channels; ++channel) {
            const auto bytes =
                encode_jpegxl(plane_of(page, channel), {.effort = effort, .distance = 0});
            result.bytes.insert(result.bytes.end(), bytes.begin(), bytes.end());
            result.parts.push_back(bytes.size());
        }
    if (result.parts.size() == 1) result.parts.clear();
    return result;
}

Frame decode_lossless(std::span<const std::byte> bytes, std::span<const uint64_t> parts,
                      const Image& like, uint64_t pages, const std::string& place) {
    const uint64_t whole = bytes.size();
    if (parts.empty()) parts = std::span(&whole, 1);
    if (pages < 1 || like.channels < 1 || like.width < 1 || like.height < 1 ||
        parts.size() != product({pages, static_cast<uint64_t>(like.channels)}))
        throw FormatError(fmt::format("{}: {} planes are stored of {} pages of {} channels", place,
                                      parts.size(), pages, like.channels));
    const auto pixels = static_cast<uint64_t>(like.width) * static_cast<uint64_t>(like.height);
    Frame frame;
    for (size_t i = 0; i < parts.size(); ++i) {
        if (parts[i] > bytes.size())
            throw FormatError(place + ": damaged: its planes are longer than what is stored");
        Image plane;
        try {
            plane = decode_jpegxl(bytes.first(parts[i]), pixels);
        } catch (const FormatError& error) {
            throw FormatError(fmt::format("{}: plane {}: {}", place, i, error.what()));
        }
        bytes = bytes.subspan(parts[i]);
        if (plane.width != like.width || plane.height != like.height || plane.type != like.type)
            throw FormatError(fmt::format("{}: plane {} is of another size or type", place, i));
        if (i % static_cast<size_t>(like.channels) == 0) {
            Image& page = frame.pages.emplace_back(like);
            page.page = static_cast<int>(frame.pages.size()) - 1;
            page.samples.clear();
        }
        auto& samples = frame.pages.back().samples;
        samples.insert(samples.end(), plane.samples.begin(), plane.samples.end());
    }
    return frame;
}

}  // namespace formats
