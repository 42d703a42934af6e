// Streams to frames: see frame_codec.hpp.
#include "nodes/frame_codec.hpp"
#include "nodes/frame_tiles.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace nodes {

using formats::FormatError;
using formats::Image;
using formats::StreamHeader;
using models::FrozenCodec;
using models::TileLatents;
using models::Window;

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

void check_window(const FrameWindow& window, uint64_t width, uint64_t height,
                  const std::string& path) {
    if (window.width == 0 || window.height == 0 || window.x > width || window.y > height ||
        window.width > width - window.x || window.height > height - window.y)
        throw FormatError(
            fmt::format("{}: a window of {} x {} pixels at ({}, {}) is not within {} x {}", path,
                        window.width, window.height, window.x, window.y, width, height));
}

DecodedFrame decode_frame(const Codec& codec, std::span<const std::byte> bytes,
                          const std::string& path, const DecodeOptions& options) {
    return decode_frame(codec, formats::read_stream(bytes, path, {options.max_samples}), path,
                        options);
}

DecodedFrame decode_frame(const Codec& codec, const formats::Stream& stream,
                          const std::string& path, const DecodeOptions& options) {
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
    check_window(want, header.width, header.height, path);
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
