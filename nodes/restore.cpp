// See restore.hpp.
#include "nodes/restore.hpp"

#include "formats/archive.hpp"
#include "formats/digest.hpp"
#include "formats/error.hpp"
#include "formats/lossless.hpp"
#include "formats/sizes.hpp"
#include "formats/tiff_frame.hpp"
#include "nodes/frame_latents.hpp"

#include <fmt/format.h>

namespace nodes {
namespace {

using formats::ArchiveEntry;
using formats::FormatError;
using formats::Frame;

/// The same pixels of every page and channel.
void crop(Frame& frame, const FrameWindow& window, const std::string& path) {
    for (formats::Image& page : frame.pages) {
        const auto width = static_cast<size_t>(page.width);
        const auto height = static_cast<size_t>(page.height);
        check_window(window, width, height, path);
        std::vector<float> samples;
        samples.reserve(static_cast<size_t>(page.channels) * window.width * window.height);
        for (size_t c = 0; c < static_cast<size_t>(page.channels); ++c)
            for (size_t y = 0; y < window.height; ++y) {
                const float* row = &page.samples[(c * height + window.y + y) * width + window.x];
                samples.insert(samples.end(), row, row + window.width);
            }
        page.samples = std::move(samples);
        page.width = static_cast<int>(window.width);
        page.height = static_cast<int>(window.height);
    }
}

/// What each page of a frame must be, by the archive's table.
formats::Image like(const ArchiveEntry& entry, uint64_t max_samples) {
    const uint64_t samples =
        formats::product({entry.width, entry.height, entry.channels, entry.pages});
    if (samples == 0 || samples > max_samples || entry.width > INT32_MAX ||
        entry.height > INT32_MAX || entry.channels > INT32_MAX || entry.pages > INT32_MAX)
        throw FormatError(fmt::format(
            "{}: {} x {} pixels of {} channels and {} pages: {} samples are the limit", entry.path,
            entry.width, entry.height, entry.channels, entry.pages, max_samples));
    if (entry.type != "u8" && entry.type != "u16")
        throw FormatError(entry.path + ": samples of type '" + entry.type +
                          "' are not among those that JPEG XL is used for");
    formats::Image image;
    image.width = static_cast<int>(entry.width);
    image.height = static_cast<int>(entry.height);
    image.channels = static_cast<int>(entry.channels);
    image.type = entry.type == "u8" ? formats::SampleType::u8 : formats::SampleType::u16;
    image.path = entry.path;
    return image;
}

Frame of_stream(const ArchiveModels& models, const StoredImage& stored,
                const RestoreOptions& options) {
    const ArchiveEntry& entry = stored.entry;
    const auto bytes = restore_stream(models, stored);
    const formats::Stream stream = formats::read_stream(bytes, entry.path, {options.max_samples});
    const formats::StreamHeader& header = stream.header;
    if (header.width != entry.width || header.height != entry.height ||
        header.channels != entry.channels || header.pages != entry.pages)
        throw FormatError(entry.path + ": its stream is of another size than its table says");
    const auto codec = models.of(header.model);
    return decode_frame(*codec, stream, entry.path,
                        {.window = options.window, .max_samples = options.max_samples})
        .frame;
}

Frame of_planes(const StoredImage& stored, const RestoreOptions& options) {
    const ArchiveEntry& entry = stored.entry;
    Frame frame = formats::decode_lossless(
        stored.data, entry.parts, like(entry, options.max_samples), entry.pages, entry.path);
    frame.tags = entry.tags;
    if (options.window) crop(frame, *options.window, entry.path);
    return frame;
}

Frame of_file(const ArchiveEntry& entry, std::vector<std::byte> bytes,
              const RestoreOptions& options) {
    formats::TiffOptions reading;
    reading.colour = formats::Colour::keep;
    reading.max_samples = options.max_samples;
    Frame frame;
    try {
        frame = formats::read_tiff_frame(formats::TiffFile(entry.path, std::move(bytes), reading),
                                         reading);
    } catch (const FormatError& error) {
        throw FormatError(fmt::format(
            "{}; it is kept as the file that it was: it can only be had as that", error.what()));
    }
    if (options.window) crop(frame, *options.window, entry.path);
    return frame;
}

}  // namespace

void read_data(const std::filesystem::path& archive, StoredImage& image, bool latents) {
    const auto read = [&](const formats::Blob& blob) {
        return formats::read_stored(archive, image.shard, image.entry, blob);
    };
    image.data = read(image.entry.data);
    if (latents || image.entry.coding == formats::Coding::latents)
        image.latents = read(image.entry.latents);
}

Frame restore_frame(const ArchiveModels& models, const StoredImage& stored,
                    const RestoreOptions& options) {
    switch (stored.entry.coding) {
        case formats::Coding::stream:
        case formats::Coding::latents:
            return of_stream(models, stored, options);
        case formats::Coding::jpegxl:
            return of_planes(stored, options);
        case formats::Coding::original:
            break;
    }
    return of_file(stored.entry, restore_original(stored), options);
}

const std::vector<std::byte>& restore_original(const StoredImage& stored) {
    if (stored.data.size() != stored.entry.size ||
        formats::sha256(stored.data) != stored.entry.sha256)
        throw FormatError(stored.entry.path +
                          ": damaged: is kept as it was, but has another SHA-256 than the file "
                          "that was archived");
    return stored.data;
}

std::vector<std::byte> restore_stream(const ArchiveModels& models, const StoredImage& stored) {
    if (stored.entry.coding == formats::Coding::stream) return stored.data;
    const auto codec = models.of(formats::short_digest(stored.entry.model));
    return stream_of_latents(*codec, stored.entry, stored.latents, stored.entry.path);
}

}  // namespace nodes
