// See stream.hpp, and stream.md for the layout.
#include "formats/stream.hpp"

#include "formats/crc32c.hpp"
#include "formats/error.hpp"
#include "formats/sizes.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include <fmt/format.h>

namespace formats {

namespace {

constexpr uint64_t magic = 0x464C8C, version = 1;
constexpr unsigned generative_flag = 1, planes_flag = 2, scale_flag = 4, tags_flag = 8,
                   squares_flag = 16;
constexpr int least_tile = 64;
constexpr size_t least_index_bytes = 5;  // of a tile

class Bytes {
  public:
    void number(uint64_t value, size_t count) {
        for (size_t i = 0; i < count; ++i)
            bytes_.push_back(static_cast<std::byte>(value >> (8 * i) & 0xFF));
    }
    void varint(uint64_t value) {
        for (; value > 127; value >>= 7) number((value & 127) | 128, 1);
        number(value, 1);
    }
    void append(std::span<const std::byte> bytes) {
        bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    }
    std::vector<std::byte>& value() { return bytes_; }

  private:
    std::vector<std::byte> bytes_;
};

/// Takes a header apart; never beyond its bytes.
class Cursor {
  public:
    Cursor(std::span<const std::byte> bytes, const std::string& place)
        : bytes_(bytes), place_(place) {}

    [[noreturn]] void refuse(const std::string& why) const {
        throw FormatError(place_ + ": " + why);
    }

    std::span<const std::byte> take(uint64_t count) {
        if (count > left()) refuse("the stream ends within its header");
        const auto taken = bytes_.subspan(done_, count);
        done_ += count;
        return taken;
    }
    uint64_t number(size_t count) {
        uint64_t value = 0;
        size_t shift = 0;
        for (const std::byte byte : take(count)) {
            value |= std::to_integer<uint64_t>(byte) << shift;
            shift += 8;
        }
        return value;
    }
    uint64_t varint() {
        uint64_t value = 0;
        for (int shift = 0; shift < 63; shift += 7) {
            const uint64_t byte = number(1);
            value |= (byte & 127) << shift;
            if (byte == 0 && shift > 0) break;  // the same number in fewer bytes
            if (byte < 128) return value;
        }
        refuse("the header has a number that is none");
    }
    uint64_t positive(const char* what) {
        const uint64_t value = varint();
        if (value == 0) refuse(fmt::format("the {} is 0", what));
        return value;
    }
    std::span<const std::byte> done() const { return bytes_.first(done_); }
    uint64_t left() const { return bytes_.size() - done_; }

  private:
    std::span<const std::byte> bytes_;
    const std::string& place_;
    size_t done_ = 0;
};

uint64_t samples(const StreamHeader& header) {
    return product({header.pages, header.channels, header.width, header.height});
}

uint64_t tile_count(const StreamHeader& header) {
    return product({header.pages, header.channels, header.tile_rows(), header.tile_columns()});
}

void check(const StreamHeader& header) {
    const auto within = [](uint64_t value, uint64_t low, uint64_t high, const char* what) {
        if (value < low || value > high)
            throw FormatError(
                fmt::format("a stream of {} {}: {} to {} are possible", what, value, low, high));
    };
    const auto number = [](int value) { return static_cast<uint64_t>(int64_t{value}); };
    within(number(header.bit_depth), 8, 16, "bit depth");
    within(number(header.quality), 0, 255, "quality");
    within(number(header.scale), 0, 65535, "scale");
    within(number(header.tile_size), least_tile, uint64_t{least_tile} << 15, "tile size");
    if (!std::has_single_bit(number(header.tile_size)))
        throw FormatError(
            fmt::format("a stream of tile size {}: powers of 2 are possible", header.tile_size));
    within(header.width, 1, INT64_MAX, "width");
    within(header.height, 1, INT64_MAX, "height");
    within(header.channels, 1, INT64_MAX, "channels");
    within(header.pages, 1, INT64_MAX, "pages");
    within(samples(header), 1, INT64_MAX, "samples");
}

/// All but the tile index.
void write(const StreamHeader& header, Bytes& bytes) {
    const bool planes = header.channels > 1 || header.pages > 1;
    const int tile = std::countr_zero(static_cast<unsigned>(header.tile_size / least_tile));
    bytes.number(magic, 3);
    bytes.number(version, 1);
    bytes.number((header.generative ? generative_flag : 0) | (planes ? planes_flag : 0) |
                     (header.scale > 0 ? scale_flag : 0) | (header.tags.empty() ? 0 : tags_flag) |
                     (header.squares ? squares_flag : 0),
                 1);
    bytes.number(static_cast<uint64_t>((header.bit_depth - 8) | tile << 4), 1);
    bytes.number(static_cast<uint64_t>(header.quality), 1);
    bytes.varint(header.width);
    bytes.varint(header.height);
    if (planes) {
        bytes.varint(header.channels);
        bytes.varint(header.pages);
    }
    if (header.scale > 0) bytes.number(static_cast<uint64_t>(header.scale), 2);
    bytes.append(header.model);
    bytes.append(header.pixels);
    if (header.tags.empty()) return;
    bytes.varint(header.tags.size());
    for (const auto& [tag, value] : header.tags) {
        bytes.number(tag, 2);
        bytes.varint(value.size());
        bytes.append(value);
    }
}

void read_tags(Cursor& cursor, StreamHeader& header) {
    uint64_t last = 0;
    const uint64_t count = cursor.positive("number of tags");
    for (uint64_t i = 0; i < count; ++i) {
        const uint64_t tag = cursor.number(2);
        if (i > 0 && tag <= last) cursor.refuse("the header's tags are not in order");
        last = tag;
        const auto value = cursor.take(cursor.varint());
        header.tags[static_cast<uint16_t>(tag)].assign(value.begin(), value.end());
    }
}

StreamHeader read(Cursor& cursor) {
    if (cursor.left() < 4 || cursor.number(3) != magic) cursor.refuse("this is no stream of ours");
    if (const uint64_t number = cursor.number(1); number != version)
        cursor.refuse(fmt::format("version {} of the stream; this program reads version {}", number,
                                  version));
    StreamHeader header;
    const uint64_t flags = cursor.number(1);
    if (flags >= 2 * squares_flag)
        cursor.refuse("the header has flags that this program does not know");
    header.generative = (flags & generative_flag) != 0;
    header.squares = (flags & squares_flag) != 0;
    const uint64_t sizes = cursor.number(1);
    header.bit_depth = 8 + static_cast<int>(sizes & 15);
    if (header.bit_depth > 16) cursor.refuse(fmt::format("a bit depth of {}", header.bit_depth));
    header.tile_size = least_tile << (sizes >> 4);
    header.quality = static_cast<int>(cursor.number(1));
    header.width = cursor.positive("width");
    header.height = cursor.positive("height");
    if (flags & planes_flag) {
        header.channels = cursor.positive("number of channels");
        header.pages = cursor.positive("number of pages");
        if (header.channels == 1 && header.pages == 1) cursor.refuse("one plane is said twice");
    }
    if (flags & scale_flag) {
        header.scale = static_cast<int>(cursor.number(2));
        if (header.scale == 0) cursor.refuse("the scale is 0");
    }
    for (ShortDigest* digest : {&header.model, &header.pixels}) {
        const auto bytes = cursor.take(digest->size());
        std::copy(bytes.begin(), bytes.end(), digest->begin());
    }
    if (flags & tags_flag) read_tags(cursor, header);
    return header;
}

}  // namespace

std::vector<size_t> Stream::damaged_tiles() const {
    std::vector<size_t> numbers;
    for (size_t i = 0; i < tiles.size(); ++i)
        if (tiles[i].damaged) numbers.push_back(i);
    return numbers;
}

std::vector<std::byte> write_stream(const StreamHeader& header,
                                    std::span<const std::vector<std::byte>> payloads) {
    check(header);
    if (payloads.size() != tile_count(header))
        throw FormatError(fmt::format("a stream of {} tiles got {} payloads", tile_count(header),
                                      payloads.size()));
    Bytes bytes;
    write(header, bytes);
    for (const auto& payload : payloads) {
        bytes.varint(payload.size());
        bytes.number(crc32c(payload), 4);
    }
    bytes.number(crc32c(bytes.value()), 4);
    for (const auto& payload : payloads) bytes.append(payload);
    return std::move(bytes.value());
}

Stream read_stream(std::span<const std::byte> bytes, const std::string& place,
                   const StreamLimits& limits) {
    Cursor cursor(bytes, place);
    Stream stream{read(cursor), {}};
    const StreamHeader& header = stream.header;
    if (samples(header) > limits.samples)
        cursor.refuse(fmt::format("{} pages of {} x {} x {} samples, but {} samples are the limit",
                                  header.pages, header.channels, header.height, header.width,
                                  limits.samples));
    const uint64_t count = tile_count(header);
    if (count > cursor.left() / least_index_bytes)
        cursor.refuse("the stream ends within its header");

    struct Entry {
        uint64_t size, crc;
    };
    std::vector<Entry> index;
    index.reserve(count);
    for (uint64_t i = 0; i < count; ++i) {
        const uint64_t size = cursor.varint();
        index.push_back({size, cursor.number(4)});
    }
    const uint32_t crc = crc32c(cursor.done());
    if (cursor.number(4) != crc) cursor.refuse("the header is damaged: its CRC is wrong");

    stream.tiles.reserve(count);
    for (const Entry& entry : index) {
        const auto payload = cursor.take(std::min(entry.size, cursor.left()));
        const bool whole = payload.size() == entry.size && crc32c(payload) == entry.crc;
        stream.tiles.push_back({whole ? payload : std::span<const std::byte>(), !whole});
    }
    if (cursor.left() > 0)
        cursor.refuse(fmt::format("{} bytes follow the stream: cut them off", cursor.left()));
    return stream;
}

}  // namespace formats
