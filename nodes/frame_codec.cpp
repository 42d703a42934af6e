// See frame_codec.hpp.
#include "nodes/frame_codec.hpp"

#include "formats/error.hpp"
#include "formats/sizes.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>

#include <fmt/format.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

namespace nodes {
namespace {

using formats::FormatError;
using formats::Image;
using formats::StreamHeader;
using models::AnalysedPlane;
using models::FrozenCodec;
using models::TileLatents;
using models::Window;

constexpr uint32_t white = FrozenCodec::white;

uint32_t top_of(const StreamHeader& header) {
    if (header.scale > 0) return static_cast<uint32_t>(header.scale);
    return (uint32_t{1} << header.bit_depth) - 1;
}

/// What the synthesis made as samples that are stored: 0 to `top`, rounded to nearest.
void to_stored(const StreamHeader& header, std::span<uint16_t> samples) {
    const uint32_t top = top_of(header);
    constexpr uint64_t square = uint64_t{white} * white;
    for (uint16_t& sample : samples) {
        const uint32_t made = sample;
        sample = static_cast<uint16_t>(header.squares
                                           ? (uint64_t{made} * made * top + square / 2) / square
                                           : (made * top + white / 2) / white);
    }
}

template <class Body>
void for_each(size_t count, Body body) {
    tbb::this_task_arena::isolate([&] { tbb::parallel_for(size_t{0}, count, body); });
}

/// Where a stream's tiles lie on the grid of latents of each plane.
class TileGrid {
  public:
    TileGrid(const StreamHeader& header, int64_t stride)
        : stride_(stride),
          size_(header.tile_size / stride),
          rows_(places(header.height)),
          columns_(places(header.width)),
          across_(static_cast<int64_t>(header.tile_columns())),
          down_(static_cast<int64_t>(header.tile_rows())) {}

    Window all() const { return {0, 0, rows_, columns_}; }
    size_t tiles() const { return static_cast<size_t>(across_ * down_); }
    Window tile(size_t i) const {
        const int64_t y = static_cast<int64_t>(i) / across_, x = static_cast<int64_t>(i) % across_;
        return models::intersect({y * size_, x * size_, size_, size_}, all());
    }

  private:
    int64_t places(uint64_t pixels) const {
        return (static_cast<int64_t>(pixels) + stride_ - 1) / stride_;
    }

    int64_t stride_, size_, rows_, columns_, across_, down_;
};

void check_tile_size(const FrozenCodec& codec, int tile_size, const std::string& place) {
    if (tile_size % codec.stride() != 0)
        throw FormatError(
            fmt::format("{}: tiles of {} pixels, but the model's latents stand for "
                        "{} x {}",
                        place, tile_size, codec.stride(), codec.stride()));
}

/// Everything of a frame that no quality changes.
class FrameEncoder {
  public:
    FrameEncoder(const Codec& codec, const formats::Frame& frame, const EncodeOptions& options)
        : codec_(*codec.frozen),
          header_(header(codec, frame, options)),
          grid_(header_, codec_.stride()) {
        const Image& first = frame.pages.front();
        const bool eight = first.type == formats::SampleType::u8;
        for (const Image& page : frame.pages)
            for (const float sample : page.samples)
                originals_.push_back(eight ? formats::to_stored<uint8_t>(sample)
                                           : formats::to_stored<uint16_t>(sample));
        peak_ = eight ? 255 : std::max<uint16_t>(1, *std::ranges::max_element(originals_));
        const auto plane = static_cast<size_t>(first.width) * static_cast<size_t>(first.height);
        const auto top = static_cast<float>(top_of(header_));
        std::vector<float> samples(plane);
        for (size_t from = 0; from < originals_.size(); from += plane) {
            std::ranges::transform(std::span(originals_).subspan(from, plane), samples.begin(),
                                   [&](uint16_t sample) {
                                       return seen(static_cast<float>(sample), top, header_.squares);
                                   });
            planes_.push_back(codec_.analysis().run(samples, first.height, first.width));
        }
    }

    EncodedStream encode(int64_t level) const {
        StreamHeader header = header_;
        header.quality = static_cast<int>(level);
        const auto tiles = quantised(level);
        std::vector<std::vector<std::byte>> payloads(tiles.size());
        for_each(tiles.size(), [&](size_t i) { payloads[i] = codec_.encode(tiles[i], level); });
        const std::vector<uint16_t> pixels = decoded(tiles, level);
        header.pixels = formats::pixel_digest(pixels, header.bit_depth);
        return {formats::write_stream(header, payloads), codec_.quality(level), psnr(pixels)};
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
    const StreamHeader header_;
    const TileGrid grid_;
    std::vector<AnalysedPlane> planes_;  // page by page, in it channel by channel
    std::vector<uint16_t> originals_;    // of all planes
    double peak_ = 255;
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
        if (best.bytes.empty() || best.quality != codec.frozen->quality(level))
            best = encoder.encode(level);
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

namespace {

/// What a damaged tile may have changed, in pixels.
FrameWindow reach(const FrozenCodec& codec, const Window& tile, const StreamHeader& header) {
    // What a pixel is made from lies within so many latents of it.
    const int64_t far = 64;
    const Window around = codec.synthesis().needed(
        {far * codec.stride(), far * codec.stride(), codec.stride(), codec.stride()}, 2 * far + 1,
        2 * far + 1);
    const int64_t margin = std::max(far - around.y, around.end_y() - far - 1);
    const auto clip = [&](int64_t latents, uint64_t side) {
        return std::min(side,
                        static_cast<uint64_t>(std::max<int64_t>(0, latents * codec.stride())));
    };
    FrameWindow area;
    area.x = clip(tile.x - margin, header.width);
    area.y = clip(tile.y - margin, header.height);
    area.width = clip(tile.end_x() + margin, header.width) - area.x;
    area.height = clip(tile.end_y() + margin, header.height) - area.y;
    return area;
}

}  // namespace

std::string text(const Damage& damage) {
    return fmt::format("{} x {} pixels at ({}, {}) of page {}, channel {}", damage.area.width,
                       damage.area.height, damage.area.x, damage.area.y, damage.page + 1,
                       damage.channel + 1);
}

DecodedFrame decode_frame(const Codec& codec, std::span<const std::byte> bytes,
                          const std::string& path, const DecodeOptions& options) {
    const formats::Stream stream = formats::read_stream(bytes, path, {options.max_samples});
    const StreamHeader& header = stream.header;
    const FrozenCodec& frozen = *codec.frozen;
    if (header.model != codec.digest)
        throw FormatError(fmt::format("{}: made with model {}, but this is model {}", path,
                                      formats::hex(header.model), formats::hex(codec.digest)));
    if (header.quality >= frozen.levels())
        throw FormatError(
            fmt::format("{}: quality {} of {}", path, header.quality, frozen.levels()));
    check_tile_size(frozen, header.tile_size, path);
    const FrameWindow whole{0, 0, header.width, header.height};
    const FrameWindow want = options.window.value_or(whole);
    if (want.width == 0 || want.height == 0 || want.x > header.width || want.y > header.height ||
        want.width > header.width - want.x || want.height > header.height - want.y)
        throw FormatError(fmt::format(
            "{}: a window of {} x {} pixels at ({}, {}) is not within "
            "{} x {}",
            path, want.width, want.height, want.x, want.y, header.width, header.height));
    if (header.width > INT32_MAX || header.height > INT32_MAX || header.channels > INT32_MAX)
        throw FormatError(path + ": a frame of this size cannot be held");

    const int64_t level = header.quality;
    const TileGrid grid(header, frozen.stride());
    const Window window{static_cast<int64_t>(want.y), static_cast<int64_t>(want.x),
                        static_cast<int64_t>(want.height), static_cast<int64_t>(want.width)};
    const Window held = frozen.synthesis().needed(window, grid.all().rows, grid.all().columns);
    const auto plane = static_cast<size_t>(window.rows * window.columns);
    const uint64_t planes = header.pages * header.channels;
    std::vector<int32_t> latents(static_cast<size_t>(frozen.channels() * held.rows * held.columns));
    std::vector<uint16_t> pixels(plane * planes);
    DecodedFrame result;
    for (uint64_t p = 0; p < planes; ++p) {
        std::vector<char> damaged(grid.tiles());
        for_each(grid.tiles(), [&](size_t i) {
            const Window tile = grid.tile(i);
            const Window part = models::intersect(tile, held);
            if (part.rows == 0 || part.columns == 0) return;
            const formats::Tile& coded = stream.tiles[p * grid.tiles() + i];
            TileLatents values{tile.rows, tile.columns, {}};
            damaged[i] = coded.damaged ? 1 : 0;
            if (!coded.damaged) try {
                    values = frozen.decode(coded.payload, tile.rows, tile.columns, level);
                } catch (const models::ModelError&) {
                    damaged[i] = 1;
                }
            if (damaged[i])
                values.values.assign(
                    static_cast<size_t>(frozen.channels() * tile.rows * tile.columns), 0);
            frozen.dequantise(values, level, tile, held, latents);
        });
        for (size_t i = 0; i < damaged.size(); ++i)
            if (damaged[i])
                result.damage.push_back({p / header.channels, p % header.channels,
                                         reach(frozen, grid.tile(i), header)});
        frozen.synthesis().run({grid.all().rows, grid.all().columns, held, latents}, window,
                               std::span(pixels).subspan(p * plane, plane));
    }
    to_stored(header, pixels);
    if (!result.damage.empty() && !options.keep_damaged)
        throw FormatError(fmt::format(
            "{}: damaged: {}{}; what is left can be had with "
            "'keep_damaged: true'",
            path, text(result.damage.front()),
            result.damage.size() > 1 ? fmt::format(" and {} more areas", result.damage.size() - 1)
                                     : ""));
    if (result.damage.empty() && want == whole &&
        formats::pixel_digest(pixels, header.bit_depth) != header.pixels)
        throw FormatError(path + ": decodes to other pixels than were encoded");

    result.frame.tags = header.tags;
    const size_t page_size = plane * header.channels;
    const bool eight = header.bit_depth == 8;
    for (uint64_t page = 0; page < header.pages; ++page) {
        Image& image = result.frame.pages.emplace_back();
        image.channels = static_cast<int>(header.channels);
        image.width = static_cast<int>(want.width);
        image.height = static_cast<int>(want.height);
        image.type = eight ? formats::SampleType::u8 : formats::SampleType::u16;
        image.path = path;
        image.page = static_cast<int>(page);
        image.samples.resize(page_size);
        std::transform(pixels.begin() + static_cast<std::ptrdiff_t>(page * page_size),
                       pixels.begin() + static_cast<std::ptrdiff_t>((page + 1) * page_size),
                       image.samples.begin(), [&](uint16_t pixel) {
                           return eight ? formats::to_unit(static_cast<uint8_t>(pixel))
                                        : formats::to_unit(pixel);
                       });
    }
    return result;
}

}  // namespace nodes
