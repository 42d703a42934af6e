// Frames to streams: see frame_codec.hpp.
#include "nodes/frame_codec.hpp"
#include "nodes/frame_tiles.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <stdexcept>

#include <fmt/format.h>

namespace nodes {
namespace {

using formats::FormatError;
using formats::Image;
using formats::StreamHeader;
using models::AnalysedPlane;
using models::FrozenCodec;
using models::TileLatents;
using models::Window;

/// Everything of a frame that no quality changes.
class FrameEncoder {
  public:
    FrameEncoder(const Codec& codec, const formats::Frame& frame, const EncodeOptions& options)
        : codec_(*codec.frozen),
          path_(frame.path()),
          header_(header(codec, frame, options)),
          grid_(header_, codec_.stride()) {
        const auto start = Clock::now();
        const Image& first = frame.pages.front();
        const bool eight = first.type == formats::SampleType::u8;
        originals_.reserve(frame.pages.size() * first.samples.size());
        for (const Image& page : frame.pages)
            for (const float sample : page.samples)
                originals_.push_back(eight ? formats::to_stored<uint8_t>(sample)
                                           : formats::to_stored<uint16_t>(sample));
        peak_ = eight ? 255 : std::max<uint16_t>(1, *std::ranges::max_element(originals_));
        const auto plane = static_cast<size_t>(first.width) * static_cast<size_t>(first.height);
        const auto top = static_cast<float>(top_of(header_));
        std::vector<float> samples(plane);
        for (size_t from = 0; from < originals_.size(); from += plane) {
            std::ranges::transform(
                std::span(originals_).subspan(from, plane), samples.begin(), [&](uint16_t sample) {
                    return seen(static_cast<float>(sample), top, header_.squares);
                });
            planes_.push_back(codec_.analysis().run(samples, first.height, first.width));
        }
        analysis_seconds_ = seconds(start, Clock::now());
    }

    EncodedStream encode(int64_t level) const {
        StreamHeader header = header_;
        header.quality = static_cast<int>(level);
        EncodedStream stream;
        const auto start = Clock::now();
        const auto tiles = quantised(level);
        std::vector<std::vector<std::byte>> payloads(tiles.size());
        for_each(tiles.size(), [&](size_t i) {
            payloads[i] = codec_.encode(tiles[i], level);
            // What is kept for years has been read back once.
            const TileLatents back =
                codec_.decode(payloads[i], tiles[i].rows, tiles[i].columns, level);
            if (back.values != tiles[i].values)
                throw std::logic_error(path_ + ": a tile's payload decodes to other latents");
        });
        const auto coded = Clock::now();
        stream.pixels = decoded(tiles, level);
        header.pixels = formats::pixel_digest(stream.pixels, header.bit_depth);
        stream.bytes = formats::write_stream(header, payloads);
        stream.quality = codec_.quality(level);
        stream.psnr = psnr(stream.pixels);
        stream.coder_seconds = seconds(start, coded);
        stream.network_seconds = analysis_seconds_ + seconds(coded, Clock::now());
        return stream;
    }
    /// Of the payloads of a stream.
    double bits(int64_t level) const {
        double sum = 0;
        for (const TileLatents& tile : quantised(level)) sum += codec_.bits(tile, level);
        return sum;
    }
    double pixels() const {
        return static_cast<double>(header_.pages * header_.width * header_.height);
    }

  private:
    using Clock = std::chrono::steady_clock;
    static double seconds(Clock::time_point from, Clock::time_point to) {
        return std::chrono::duration<double>(to - from).count();
    }

    static StreamHeader header(const Codec& codec, const formats::Frame& frame,
                               const EncodeOptions& options) {
        const Image& first = frame.pages.at(0);
        const bool eight = first.type == formats::SampleType::u8;
        if (!eight && first.type != formats::SampleType::u16)
            throw FormatError(first.path +
                              ": streams hold samples of 8 or 16 bits without sign; convert the "
                              "image, or keep it as it is");
        check_tile_size(*codec.frozen, options.tile_size, first.path);
        StreamHeader header;
        header.generative = codec.generative;
        header.bit_depth = eight ? 8 : 16;
        header.tile_size = options.tile_size;
        header.width = static_cast<uint64_t>(first.width);
        header.height = static_cast<uint64_t>(first.height);
        header.channels = static_cast<uint64_t>(first.channels);
        header.pages = frame.pages.size();
        header.model = codec.digest;
        header.tags = frame.tags;
        for (const Image& page : frame.pages) {
            if (page.width != first.width || page.height != first.height ||
                page.channels != first.channels || page.type != first.type)
                throw FormatError(
                    fmt::format("{}: page {} is of another size or type than the "
                                "first; split the file",
                                page.path, page.page + 1));
        }
        if (eight) return header;
        header.scale = white_of(frame.pages, options.grey);
        header.squares = options.grey.square_root;
        return header;
    }

    std::vector<TileLatents> quantised(int64_t level) const {
        std::vector<TileLatents> tiles(planes_.size() * grid_.tiles());
        for_each(tiles.size(), [&](size_t i) {
            tiles[i] =
                codec_.quantise(planes_[i / grid_.tiles()], level, grid_.tile(i % grid_.tiles()));
        });
        return tiles;
    }

    std::vector<uint16_t> decoded(const std::vector<TileLatents>& tiles, int64_t level) const {
        const Window all = grid_.all();
        std::vector<int32_t> latents(
            static_cast<size_t>(codec_.channels() * all.rows * all.columns));
        std::vector<uint16_t> pixels(originals_.size());
        const size_t plane = pixels.size() / planes_.size();
        for (size_t p = 0; p < planes_.size(); ++p) {
            for_each(grid_.tiles(), [&](size_t i) {
                codec_.dequantise(tiles[p * grid_.tiles() + i], level, grid_.tile(i), all, latents);
            });
            codec_.synthesis().run(
                {all.rows, all.columns, all, latents},
                {0, 0, static_cast<int64_t>(header_.height), static_cast<int64_t>(header_.width)},
                std::span(pixels).subspan(p * plane, plane));
        }
        to_stored(header_, pixels);
        return pixels;
    }

    double psnr(const std::vector<uint16_t>& pixels) const {
        uint64_t sum = 0;  // of up to 2^32 squares of 16 bits
        for (size_t i = 0; i < pixels.size(); ++i) {
            const int64_t error = int64_t{pixels[i]} - originals_[i];
            sum += static_cast<uint64_t>(error * error);
        }
        const double mean = static_cast<double>(sum) / static_cast<double>(pixels.size());
        return -10 * std::log10(std::max(mean / (peak_ * peak_), 1e-12));
    }

    const FrozenCodec& codec_;
    const std::string path_;
    const StreamHeader header_;
    const TileGrid grid_;
    std::vector<AnalysedPlane> planes_;  // page by page, in it channel by channel
    std::vector<uint16_t> originals_;    // of all planes
    double peak_ = 255;
    double analysis_seconds_ = 0;
};

/// The lowest of 0 .. levels - 1 that is good enough, if those above are too; the last if none is.
template <class Good>
int64_t lowest(int64_t levels, Good good) {
    int64_t low = 0, high = levels - 1;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (good(middle))
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

}  // namespace

EncodedStream encode_frame(const Codec& codec, const formats::Frame& frame,
                           const EncodeOptions& options) {
    const FrameEncoder encoder(codec, frame, options);
    const int64_t levels = codec.frozen->levels();
    if (options.target.psnr > 0) {
        EncodedStream best;  // the last that was good is of the lowest level that is
        const int64_t level = lowest(levels, [&](int64_t at) {
            EncodedStream stream = encoder.encode(at);
            const bool good = stream.psnr >= options.target.psnr;
            if (good) best = std::move(stream);
            return good;
        });
        if (best.bytes.empty()) best = encoder.encode(level);
        best.meets_target = best.psnr >= options.target.psnr;
        return best;
    }
    if (options.target.bpp > 0) {
        const double most = options.target.bpp * encoder.pixels();
        int64_t level = lowest(levels, [&](int64_t at) { return encoder.bits(at) > most; });
        if (level > 0 && encoder.bits(level) > most) --level;
        // The estimate leaves out the header and some bytes of each tile.
        const auto fits = [&](const EncodedStream& stream) {
            return 8 * static_cast<double>(stream.bytes.size()) <= most;
        };
        EncodedStream stream = encoder.encode(level);
        while (level > 0 && !fits(stream)) stream = encoder.encode(--level);
        stream.meets_target = fits(stream);
        return stream;
    }
    const auto level = std::lround(options.quality * double{FrozenCodec::steps_per_quality});
    if (level < 0 || level >= levels)
        throw graph::ConfigurationError(fmt::format("quality {}: the model has 0 to {}",
                                                    options.quality,
                                                    codec.frozen->quality(levels - 1)));
    return encoder.encode(level);
}

}  // namespace nodes
