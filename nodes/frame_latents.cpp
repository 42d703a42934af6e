// See frame_latents.hpp.
#include "nodes/frame_latents.hpp"

#include "formats/archive_table.hpp"
#include "formats/sizes.hpp"
#include "models/tensor.hpp"
#include "nodes/frame_tiles.hpp"

#include <bit>

namespace nodes {
namespace {

using formats::FormatError;
using models::TileLatents;
using models::Window;

/// Calls use(tile's index, plane, window) for all tiles, side by side.
template <class Use>
void for_each_tile(const TileGrid& grid, int64_t planes, Use use) {
    for_each(grid.tiles() * static_cast<size_t>(planes), [&](size_t i) {
        use(i, static_cast<int64_t>(i / grid.tiles()), grid.tile(i % grid.tiles()));
    });
}

/// Calls copy(value of the frame, value of the tile) for the values of one tile.
template <class Frame, class Copy>
void for_each_value(Frame& frame, int64_t plane, const Window& window, TileLatents& tile,
                    Copy copy) {
    size_t at = 0;
    for (int64_t c = 0; c < frame.channels; ++c)
        for (int64_t y = window.y; y < window.end_y(); ++y)
            for (int64_t x = window.x; x < window.end_x(); ++x, ++at)
                copy(frame.values[static_cast<size_t>(
                         ((plane * frame.channels + c) * frame.rows + y) * frame.columns + x)],
                     tile.values[at]);
}

}  // namespace

FrameLatents frame_latents(const Codec& codec, const formats::Stream& stream,
                           const std::string& place) {
    const models::FrozenCodec& frozen = *codec.frozen;
    check_tile_size(frozen, stream.header.tile_size, place);
    if (stream.header.model != codec.digest) throw FormatError(place + ": made with another model");
    if (stream.header.quality >= frozen.levels())
        throw FormatError(place + ": of a quality that the model does not have");
    const TileGrid grid(stream.header, frozen.stride());
    FrameLatents latents;
    latents.header = stream.header;
    latents.planes = static_cast<int64_t>(stream.header.pages * stream.header.channels);
    latents.channels = frozen.channels();
    latents.rows = grid.all().rows;
    latents.columns = grid.all().columns;
    latents.values.resize(
        static_cast<size_t>(latents.planes * latents.channels * latents.rows * latents.columns));
    for_each_tile(grid, latents.planes, [&](size_t i, int64_t plane, const Window& window) {
        if (stream.tiles.at(i).damaged) throw FormatError(place + ": a tile is damaged");
        TileLatents tile;
        try {
            tile = frozen.decode(stream.tiles[i].payload, window.rows, window.columns,
                                 stream.header.quality);
        } catch (const models::ModelError& error) {
            throw FormatError(place + ": " + error.what());
        }
        for_each_value(latents, plane, window, tile,
                       [](int32_t& frame, int32_t value) { frame = value; });
    });
    return latents;
}

std::vector<std::byte> pack_latents(const FrameLatents& latents, formats::ArchiveEntry& entry) {
    std::vector<std::byte> bytes;
    bytes.reserve(2 * latents.values.size());
    for (const int32_t value : latents.values) {
        if (value != static_cast<int16_t>(value))
            throw FormatError(entry.path + ": a latent does not fit 16 bits; keep streams only");
        bytes.push_back(static_cast<std::byte>(value & 255));
        bytes.push_back(static_cast<std::byte>((value >> 8) & 255));
    }
    const formats::StreamHeader& header = latents.header;
    entry.latent_of = {static_cast<uint64_t>(latents.planes),
                       static_cast<uint64_t>(latents.channels),
                       static_cast<uint64_t>(latents.rows),
                       static_cast<uint64_t>(latents.columns),
                       static_cast<uint64_t>(header.quality),
                       static_cast<uint64_t>(header.scale),
                       uint64_t{header.squares},
                       uint64_t{header.generative},
                       std::bit_cast<uint64_t>(header.pixels)};
    return formats::deflated(bytes);
}

std::vector<std::byte> stream_of_latents(const Codec& codec, const formats::ArchiveEntry& entry,
                                         std::span<const std::byte> packed,
                                         const std::string& place) {
    const auto& of = entry.latent_of;
    if (of.size() != 9) throw FormatError(place + ": says too little of its latents");
    formats::StreamHeader header;
    header.model = codec.digest;
    header.bit_depth = entry.type == "u8" ? 8 : 16;
    header.tile_size = 1024;
    header.width = entry.width;
    header.height = entry.height;
    header.channels = entry.channels;
    header.pages = entry.pages;
    header.tags = entry.tags;
    header.quality = static_cast<int>(of[4]);
    header.scale = static_cast<int>(of[5]);
    header.squares = of[6] != 0;
    header.generative = of[7] != 0;
    header.pixels = std::bit_cast<formats::ShortDigest>(of[8]);
    if (formats::product({entry.width, entry.height, entry.channels, entry.pages}) - 1 >=
        (uint64_t{1} << 32))
        throw FormatError(place + ": a frame of that size is not made");
    const TileGrid grid(header, codec.frozen->stride());
    const FrameLatents shape{header,
                             static_cast<int64_t>(of[0]),
                             static_cast<int64_t>(of[1]),
                             static_cast<int64_t>(of[2]),
                             static_cast<int64_t>(of[3]),
                             {}};
    const uint64_t count = formats::product({of[0], of[1], of[2], of[3]});
    if (of[0] != entry.pages * entry.channels || shape.channels != codec.frozen->channels() ||
        shape.rows != grid.all().rows || shape.columns != grid.all().columns ||
        of[4] >= static_cast<uint64_t>(codec.frozen->levels()))
        throw FormatError(place + ": its latents do not fit its size or model");
    const auto bytes = formats::inflated(packed, place, 2 * count);
    if (bytes.size() != 2 * count) throw FormatError(place + ": has too few latents");
    FrameLatents latents = shape;
    latents.values.resize(count);
    for (size_t i = 0; i < count; ++i)
        latents.values[i] =
            static_cast<int16_t>(std::to_integer<unsigned>(bytes[2 * i]) |
                                 (std::to_integer<unsigned>(bytes[2 * i + 1]) << 8));
    std::vector<std::vector<std::byte>> payloads(grid.tiles() * of[0]);
    for_each_tile(grid, latents.planes, [&](size_t i, int64_t plane, const Window& window) {
        TileLatents tile{window.rows, window.columns, {}};
        tile.values.resize(static_cast<size_t>(latents.channels * tile.places()));
        for_each_value(latents, plane, window, tile,
                       [](int32_t frame, int32_t& value) { value = frame; });
        payloads[i] = codec.frozen->encode(tile, header.quality);
    });
    return formats::write_stream(header, payloads);
}

}  // namespace nodes
