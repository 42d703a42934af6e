// See image.hpp.
#include "formats/image.hpp"

#include "formats/error.hpp"
#include "formats/sizes.hpp"

#include <fmt/format.h>

namespace formats {

void check(const Image& image, const std::string& place) {
    const auto [channels, height, width] = std::tuple(image.channels, image.height, image.width);
    if (channels < 1 || height < 1 || width < 1)
        throw FormatError(
            fmt::format("{}: {} x {} x {} is no image", place, channels, height, width));
    const auto size = product({uint64_t(channels), uint64_t(height), uint64_t(width)});
    if (size != image.samples.size())
        throw FormatError(fmt::format("{}: {} samples, but {} x {} x {} are needed", place,
                                      image.samples.size(), channels, height, width));
    const auto bad = std::find_if_not(image.samples.begin(), image.samples.end(),
                                      [](float sample) { return std::isfinite(sample); });
    if (bad == image.samples.end()) return;
    const auto at = bad - image.samples.begin();
    throw FormatError(fmt::format("{}: {} at channel {}, row {}, column {}; images must be finite",
                                  place, *bad, at / width / height, at / width % height,
                                  at % width));
}

}  // namespace formats
