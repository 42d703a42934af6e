// See tiff_directories.hpp. Header: byte order, version (42, or 43 for BigTIFF), offset of the
// first directory. Directory: count, entries, offset of the next or 0.
#include "formats/tiff_directories.hpp"

#include "formats/error.hpp"
#include "formats/sizes.hpp"

#include <array>
#include <unordered_set>

#include <fmt/format.h>

namespace formats {

namespace {

class Walker {
  public:
    Walker(const ReadAt& read, const std::string& name) : read_(read), name_(name) {
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

    uint64_t first() const { return big_ ? number(8, 8) : number(4, 4); }

    uint64_t after(uint64_t directory) const {
        const uint64_t count = number(directory, big_ ? 8 : 2);
        const uint64_t size = product({count, uint64_t{big_ ? 20U : 12U}});
        const uint64_t end = directory + (big_ ? 8 : 2) + size;
        if (end < size) out_of_file(directory);
        return number(end, big_ ? 8 : 4);
    }

  private:
    [[noreturn]] void out_of_file(uint64_t offset) const {
        throw FormatError(
            fmt::format("{}: truncated or damaged: a directory at byte {} is not within the file",
                        name_, offset));
    }

    uint64_t number(uint64_t offset, size_t size) const {
        std::array<std::byte, 8> bytes{};
        if (offset > UINT64_MAX - size || read_(offset, std::span(bytes).first(size)) != size)
            out_of_file(offset);
        uint64_t value = 0;
        for (size_t i = 0; i < size; ++i)
            value = value << 8 | std::to_integer<uint64_t>(bytes[little_ ? size - 1 - i : i]);
        return value;
    }

    const ReadAt& read_;
    const std::string& name_;
    bool little_ = true;
    bool big_ = false;
};

}  // namespace

std::vector<uint64_t> tiff_directories(const ReadAt& read, const std::string& name, int most) {
    const Walker walker(read, name);
    std::vector<uint64_t> offsets;
    std::unordered_set<uint64_t> seen;
    for (uint64_t at = walker.first(); at != 0 && seen.insert(at).second; at = walker.after(at)) {
        if (offsets.size() == static_cast<size_t>(most))
            throw FormatError(fmt::format("{}: more than {} pages", name, most));
        offsets.push_back(at);
    }
    if (offsets.empty()) throw FormatError(name + ": a TIFF without an image");
    return offsets;
}

}  // namespace formats
