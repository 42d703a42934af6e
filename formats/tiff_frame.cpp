// See tiff_frame.hpp.
#include "formats/tiff_frame.hpp"

#include "formats/error.hpp"
#include "formats/grey.hpp"
#include "formats/sizes.hpp"

#include <tuple>

#include <fmt/format.h>

namespace formats {

namespace {

auto kind(const Image& image) {
    return std::tuple(image.width, image.height, image.channels, image.type);
}

std::string describe(const Image& image) {
    return fmt::format("{} x {} pixels of {} {} samples", image.width, image.height, image.channels,
                       name(image.type));
}

}  // namespace

Frame read_tiff_frame(const std::filesystem::path& path, const TiffOptions& options) {
    return read_tiff_frame(TiffFile(path, options), options);
}

Frame read_tiff_frame(const TiffFile& file, const TiffOptions& options) {
    Frame frame{{file.read(0)}, file.tags(0)};
    const auto pages = static_cast<uint64_t>(file.pages());
    if (product({pages, frame.pages[0].samples.size()}) > options.max_samples)
        throw FormatError(fmt::format(
            "{}: {} pages of {} are more than the limit of {} samples; raise it if the file is to "
            "be trusted",
            frame.path(), pages, describe(frame.pages[0]), options.max_samples));
    frame.pages.reserve(pages);
    for (int page = 1; page < file.pages(); ++page) {
        frame.pages.push_back(file.read(page));
        if (kind(frame.pages.back()) != kind(frame.pages[0]))
            throw FormatError(fmt::format(
                "{}: page {}: {}, but page 0 has {}: a frame's pages are alike; save unlike pages "
                "in files of their own",
                frame.path(), page, describe(frame.pages.back()), describe(frame.pages[0])));
    }
    return frame;
}

}  // namespace formats
