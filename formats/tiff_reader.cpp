// See tiff_reader.hpp. The file is read once, so that its digest is that of the bytes decoded.
#include "formats/tiff_reader.hpp"

#include "formats/digest.hpp"
#include "formats/error.hpp"
#include "formats/file.hpp"
#include "formats/sizes.hpp"
#include "formats/tiff_directories.hpp"
#include "formats/tiff_handle.hpp"
#include "formats/tiff_layout.hpp"
#include "formats/tiff_samples.hpp"
#include "formats/tiff_tags.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace formats {

namespace {

/// Decodes all blocks into the stored numbers, channels x height x width.
std::vector<float> decode(TiffHandle& tiff, const TiffLayout& layout, const std::string& place) {
    const uint64_t pixels = uint64_t{layout.width} * layout.height;
    const uint32_t each = layout.samples_per_plane();
    std::vector<float> samples(pixels * layout.samples);
    std::vector<std::byte> block(layout.block_bytes);
    std::vector<float> row(size_t{layout.block_width} * each);

    const auto read = layout.tiled ? TIFFReadEncodedTile : TIFFReadEncodedStrip;
    uint32_t index = 0;
    for (uint32_t plane = 0; plane < layout.planes(); ++plane) {
        for (uint64_t y0 = 0; y0 < layout.height; y0 += layout.block_height) {
            const auto rows = std::min<uint64_t>(layout.block_height, layout.height - y0);
            for (uint64_t x0 = 0; x0 < layout.width; x0 += layout.block_width, ++index) {
                const auto columns = std::min<uint64_t>(layout.block_width, layout.width - x0);
                const uint64_t whole = layout.tiled ? layout.block_bytes : rows * layout.row_bytes;
                const auto got =
                    read(tiff.get(), index, block.data(), static_cast<tmsize_t>(whole));
                // Decoders warn when they make pixels up, such as after a JPEG that ends early.
                const auto& reason = tiff.error().empty() ? tiff.warning() : tiff.error();
                if (got != static_cast<tmsize_t>(whole) || !reason.empty())
                    throw FormatError(
                        fmt::format("{}truncated or damaged: strip or tile {} does not decode{}{}",
                                    place, index, reason.empty() ? "" : ": ", reason));
                for (uint64_t y = 0; y < rows; ++y) {
                    unpack_row(layout, std::span(block).subspan(y * layout.row_bytes), row);
                    for (uint32_t s = 0; s < each; ++s) {
                        float* into =
                            samples.data() + (plane + s) * pixels + (y0 + y) * layout.width + x0;
                        for (uint64_t x = 0; x < columns; ++x) into[x] = row[x * each + s];
                    }
                }
            }
        }
    }
    return samples;
}

void to_luminance(Image& image, bool rgb) {
    const size_t pixels = image.samples.size() / image.channels;
    if (rgb) {
        float* red = image.samples.data();
        const float* green = red + pixels;
        const float* blue = green + pixels;
        for (size_t i = 0; i < pixels; ++i)
            red[i] = 0.299F * red[i] + 0.587F * green[i] + 0.114F * blue[i];
    }
    image.samples.resize(pixels);
    image.channels = 1;
}

}  // namespace

TiffFile::TiffFile(const std::filesystem::path& path, const TiffOptions& options)
    : TiffFile(path.string(), read_file(path, options.max_file_bytes), options) {}

TiffFile::TiffFile(std::string name, std::vector<std::byte> bytes, const TiffOptions& options)
    : path_(std::move(name)),
      options_(options),
      bytes_(std::move(bytes)),
      sha256_(formats::sha256(bytes_)) {
    directories_ = TiffDirectories(read_from(bytes_), path_).offsets(options_.max_pages);
}

Image TiffFile::read(int page) const {
    if (page < 0 || page >= pages())
        throw FormatError(fmt::format("{}: page {} was asked for, but pages 0 to {} are there",
                                      path_, page, pages() - 1));
    const std::string place = fmt::format("{}: page {}: ", path_, page);
    const uint64_t most = std::max(options_.free_bytes, uint64_t{bytes_.size()}) +
                          product({options_.max_samples, sizeof(double)});
    TiffHandle tiff(bytes_, most);
    if (!tiff.get() || TIFFSetSubDirectory(tiff.get(), directories_[page]) == 0 ||
        !tiff.error().empty())
        throw FormatError(place + "damaged directory: " + tiff.error());
    const TiffLayout layout = tiff_layout(tiff.get(), bytes_.size(), options_, place);
    if (!tiff.error().empty()) throw FormatError(place + "damaged: " + tiff.error());
    tiff.forget();

    Image image;
    image.path = path_;
    image.page = page;
    image.sha256 = sha256_;
    image.height = static_cast<int>(layout.height);
    image.width = static_cast<int>(layout.width);
    image.samples = decode(tiff, layout, place);
    image.type = to_units(layout, tiff.get(), options_.colour, place, image.samples);
    image.channels = static_cast<int>(image.samples.size() / layout.height / layout.width);
    if (options_.colour == Colour::luminance && image.channels > 1)
        to_luminance(image, image.channels - layout.extra == 3);
    check(image, fmt::format("{}: page {}", path_, page));
    return image;
}

TiffTags TiffFile::tags(int page) const {
    return read_tiff_tags(TiffDirectories(read_from(bytes_), path_), directories_.at(page));
}

int tiff_pages(const std::filesystem::path& path, const TiffOptions& options) {
    const File file(path);
    const auto read = [&file](uint64_t offset, std::span<std::byte> into) {
        return file.read_at(offset, into);
    };
    return static_cast<int>(TiffDirectories(read, path.string()).offsets(options.max_pages).size());
}

Image read_tiff(const std::filesystem::path& path, int page, const TiffOptions& options) {
    return TiffFile(path, options).read(page);
}

}  // namespace formats
