// See tiff_directories.hpp. Header: byte order, version (42, or 43 for BigTIFF), offset of the
// first directory. Directory: count, entries, offset of the next or 0. Entry: tag, type, count, and
// the value, or its offset if it has no room there.
#include "formats/tiff_directories.hpp"

#include "formats/error.hpp"
#include "formats/sizes.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>
#include <tiffio.h>

namespace formats {

ReadAt read_from(std::span<const std::byte> bytes) {
    return [bytes](uint64_t offset, std::span<std::byte> into) -> size_t {
        if (offset >= bytes.size()) return 0;
        const auto count = std::min<uint64_t>(into.size(), bytes.size() - offset);
        std::memcpy(into.data(), bytes.data() + offset, count);
        return count;
    };
}

TiffDirectories::TiffDirectories(ReadAt read, std::string name)
    : read_(std::move(read)), name_(std::move(name)) {
    std::array<std::byte, 2> order{};
    if (read_(0, order) < 2 || order[0] != order[1] ||
        (order[0] != std::byte{'I'} && order[0] != std::byte{'M'}))
        throw FormatError(name_ + ": no TIFF: it begins with neither II nor MM");
    little_ = order[0] == std::byte{'I'};
    const uint64_t version = number(2, 2);
    if (version != 42 && version != 43)
        throw FormatError(fmt::format("{}: no TIFF: version {}, not 42 or 43", name_, version));
    big_ = version == 43;
    if (big_ && (number(4, 2) != 8 || number(6, 2) != 0))
        throw FormatError(name_ + ": BigTIFF with offsets of other than 8 bytes");
}

std::vector<uint64_t> TiffDirectories::offsets(int most) const {
    std::vector<uint64_t> offsets;
    std::unordered_set<uint64_t> seen;
    const uint64_t first = big_ ? number(8, 8) : number(4, 4);
    for (uint64_t at = first; at != 0 && seen.insert(at).second; at = after(at)) {
        if (offsets.size() == static_cast<size_t>(most))
            throw FormatError(fmt::format("{}: more than {} pages", name_, most));
        offsets.push_back(at);
    }
    if (offsets.empty()) throw FormatError(name_ + ": a TIFF without an image");
    return offsets;
}

std::optional<TiffValue> TiffDirectories::find(uint64_t directory, uint16_t tag,
                                               TIFFDataType type) const {
    const uint64_t count = entries(directory);
    const uint64_t size = big_ ? 20 : 12;
    uint64_t entry = directory + (big_ ? 8 : 2);
    for (uint64_t i = 0; i < count; ++i, entry += size) {
        if (number(entry, 2) != tag) continue;
        if (number(entry + 2, 2) != static_cast<uint64_t>(type)) return std::nullopt;
        const size_t word = big_ ? 8 : 4;
        TiffValue value{entry + 4 + word, product({number(entry + 4, word),
                                                   static_cast<uint64_t>(TIFFDataWidth(type))})};
        if (value.bytes > word) value.offset = number(value.offset, word);
        if (value.bytes > UINT64_MAX - value.offset) out_of_file("a value", value.offset);
        std::array<std::byte, 1> last{};
        if (value.bytes > 0 && read_(value.offset + value.bytes - 1, last) == 0)
            out_of_file("a value", value.offset);
        return value;
    }
    return std::nullopt;
}

std::vector<std::byte> TiffDirectories::read(const TiffValue& value, size_t size) const {
    std::vector<std::byte> bytes(value.bytes);
    if (read_(value.offset, bytes) != bytes.size()) out_of_file("a value", value.offset);
    if (!little_)
        for (auto at = bytes.begin(); at != bytes.end(); at += static_cast<std::ptrdiff_t>(size))
            std::reverse(at, at + static_cast<std::ptrdiff_t>(size));
    return bytes;
}

uint64_t TiffDirectories::entries(uint64_t directory) const {
    return number(directory, big_ ? 8 : 2);
}

uint64_t TiffDirectories::after(uint64_t directory) const {
    const uint64_t size = product({entries(directory), uint64_t{big_ ? 20U : 12U}});
    const uint64_t end = directory + (big_ ? 8 : 2) + size;
    if (end < size) out_of_file("a directory", directory);
    // A file that ends with its last entry has no next directory, as other readers have it.
    std::array<std::byte, 2> last{};
    if (read_(end - 1, last) == 1) return 0;
    return number(end, big_ ? 8 : 4);
}

uint64_t TiffDirectories::number(uint64_t offset, size_t size) const {
    std::array<std::byte, 8> bytes{};
    if (offset > UINT64_MAX - size || read_(offset, std::span(bytes).first(size)) != size)
        out_of_file("a directory", offset);
    uint64_t value = 0;
    for (size_t i = 0; i < size; ++i)
        value = value << 8 | std::to_integer<uint64_t>(bytes[little_ ? size - 1 - i : i]);
    return value;
}

void TiffDirectories::out_of_file(const char* what, uint64_t offset) const {
    throw FormatError(fmt::format("{}: truncated or damaged: {} at byte {} is not within the file",
                                  name_, what, offset));
}

}  // namespace formats
