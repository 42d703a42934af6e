// Makes of what an archive keeps what was archived: a frame, whole or a window of it, or the file.
#include "formats/digest.hpp"
#include "formats/error.hpp"
#include "formats/lossless.hpp"
#include "formats/sizes.hpp"
#include "formats/tiff_frame.hpp"
#include "nodes/archive.hpp"
#include "nodes/archive_models.hpp"
#include "nodes/frame_codec.hpp"
#include "nodes/number_list.hpp"

namespace nodes {
namespace {

using formats::ArchiveEntry;
using formats::FormatError;
using formats::Frame;

struct Params {
    std::filesystem::path archive;
    std::string window;
    int64_t max_samples = int64_t{1} << 30;
};

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

class RestoreImage : public graph::Node {
  public:
    RestoreImage(const Params& params, const graph::Setup& setup)
        : models_(params.archive), max_samples_(static_cast<uint64_t>(params.max_samples)) {
        const auto window = parse_numbers(params.window, 4, setup.id + ": window");
        if (!window.empty()) window_ = FrameWindow{window[0], window[1], window[2], window[3]};
    }

    void receive(graph::Call& call) override {
        const auto& stored = call.input<StoredImage>("stored");
        RestoredImage image;
        image.id = stored.id;
        image.entry = stored.entry;
        image.shard = stored.shard;
        image.shard_is_whole = stored.shard_is_whole;
        switch (stored.entry.coding) {
            case formats::Coding::stream:
                image.frame = of_stream(stored);
                break;
            case formats::Coding::jpegxl:
                image.frame = of_planes(stored);
                break;
            case formats::Coding::original:
                image.original = original(stored);
                if (!window_) break;
                image.frame = of_file(stored.entry, std::move(image.original));
                image.original.clear();
                break;
            case formats::Coding::latents:
                throw FormatError(stored.entry.path +
                                  ": is kept as latents, which this version cannot restore");
        }
        call.emit("restored", std::move(image));
    }

  private:
    Frame of_stream(const StoredImage& stored) const {
        const ArchiveEntry& entry = stored.entry;
        const formats::Stream stream =
            formats::read_stream(stored.data, entry.path, {max_samples_});
        const formats::StreamHeader& header = stream.header;
        if (header.width != entry.width || header.height != entry.height ||
            header.channels != entry.channels || header.pages != entry.pages)
            throw FormatError(entry.path + ": its stream is of another size than its table says");
        const auto codec = models_.of(header.model);
        return decode_frame(*codec, stream, entry.path,
                            {.window = window_, .max_samples = max_samples_})
            .frame;
    }

    Frame of_planes(const StoredImage& stored) const {
        const ArchiveEntry& entry = stored.entry;
        Frame frame = formats::decode_lossless(stored.data, entry.parts, like(entry, max_samples_),
                                               entry.pages, entry.path);
        frame.tags = entry.tags;
        if (window_) crop(frame, *window_, entry.path);
        return frame;
    }

    static std::vector<std::byte> original(const StoredImage& stored) {
        if (stored.data.size() != stored.entry.size ||
            formats::sha256(stored.data) != stored.entry.sha256)
            throw FormatError(stored.entry.path +
                              ": damaged: is kept as it was, but has another SHA-256 than the "
                              "file that was archived");
        return stored.data;
    }

    Frame of_file(const ArchiveEntry& entry, std::vector<std::byte> bytes) const {
        formats::TiffOptions options;
        options.colour = formats::Colour::keep;
        options.max_samples = max_samples_;
        Frame frame;
        try {
            frame = formats::read_tiff_frame(
                formats::TiffFile(entry.path, std::move(bytes), options), options);
        } catch (const FormatError& error) {
            throw FormatError(
                fmt::format("{}; it is kept as the file that it was: restore it without 'window'",
                            error.what()));
        }
        crop(frame, *window_, entry.path);
        return frame;
    }

    const ArchiveModels models_;
    std::optional<FrameWindow> window_;
    const uint64_t max_samples_;
};

using graph::Clock;
using graph::param;
const graph::Register node{graph::node<Params, RestoreImage>(
    {.name = "restore_image",
     .doc = "Decodes what an archive keeps, and compares the digests of pixels and files.",
     .group = "codec",
     .inputs = {graph::port<StoredImage>(Clock::item, "stored", "with its data: of read_stored")},
     .outputs = {graph::port<RestoredImage>(
         Clock::item, "restored", "a frame; of what is kept as a file, that file's bytes")},
     .params = {graph::required(param("archive", &Params::archive,
                                      "the archive's folder, in which its models are")),
                param("window", &Params::window,
                      "x,y,width,height: of each image only these pixels; empty: all"),
                param("max_samples", &Params::max_samples, graph::Range{1, 1e12},
                      "refuse larger frames (pixels times channels times pages)")}})};

}  // namespace
}  // namespace nodes
