// See tiff_tags.hpp.
#include "formats/tiff_tags.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace formats {

namespace {

struct Kind {
    uint16_t tag;
    TIFFDataType type;
    size_t number;  // bytes of each number in a value
    size_t bytes;   // of a value; 0: any
};

constexpr std::array kinds{Kind{TIFFTAG_IMAGEDESCRIPTION, TIFF_ASCII, 1, 0},
                           Kind{TIFFTAG_XRESOLUTION, TIFF_RATIONAL, 4, 8},
                           Kind{TIFFTAG_YRESOLUTION, TIFF_RATIONAL, 4, 8},
                           Kind{TIFFTAG_RESOLUTIONUNIT, TIFF_SHORT, 2, 2}};

/// libtiff refuses files of another unit.
bool is_unit(const std::vector<std::byte>& value) {
    return value[1] == std::byte{0} && value[0] >= std::byte{RESUNIT_NONE} &&
           value[0] <= std::byte{RESUNIT_CENTIMETER};
}

}  // namespace

TiffTags read_tiff_tags(const TiffDirectories& file, uint64_t directory) {
    TiffTags tags;
    for (const Kind& kind : kinds) {
        const auto found = file.find(directory, kind.tag, kind.type);
        if (!found || found->bytes == 0 || (kind.bytes != 0 && found->bytes != kind.bytes))
            continue;
        auto value = file.read(*found, kind.number);
        if (kind.type == TIFF_ASCII && value.back() == std::byte{0}) value.pop_back();
        tags.emplace(kind.tag, std::move(value));
    }
    return tags;
}

TiffTags valid_tiff_tags(const TiffTags& tags) {
    TiffTags valid;
    for (const Kind& kind : kinds) {
        const auto tag = tags.find(kind.tag);
        if (tag == tags.end() || (kind.bytes != 0 && tag->second.size() != kind.bytes)) continue;
        if (kind.tag == TIFFTAG_RESOLUTIONUNIT && !is_unit(tag->second)) continue;
        valid.insert(*tag);
    }
    // libtiff knows them only as a pair.
    if (!valid.contains(TIFFTAG_XRESOLUTION)) valid.erase(TIFFTAG_YRESOLUTION);
    if (!valid.contains(TIFFTAG_YRESOLUTION)) valid.erase(TIFFTAG_XRESOLUTION);
    return valid;
}

bool reserve_tiff_tags(TIFF* tiff, const TiffTags& tags) {
    return std::ranges::all_of(tags, [tiff](const auto& entry) {
        const auto& [tag, value] = entry;
        if (tag == TIFFTAG_IMAGEDESCRIPTION)
            return TIFFSetField(tiff, tag, std::string(value.size(), ' ').c_str()) == 1;
        if (tag == TIFFTAG_RESOLUTIONUNIT) return TIFFSetField(tiff, tag, RESUNIT_NONE) == 1;
        return TIFFSetField(tiff, tag, 1.0) == 1;
    });
}

void fill_tiff_tags(std::span<std::byte> file, const TiffDirectories& directories,
                    uint64_t directory, const TiffTags& tags) {
    for (const Kind& kind : kinds) {
        const auto tag = tags.find(kind.tag);
        if (tag == tags.end()) continue;
        const TiffValue place = directories.find(directory, kind.tag, kind.type).value();
        const auto room = file.subspan(place.offset, place.bytes);
        std::copy_n(tag->second.begin(), std::min(tag->second.size(), room.size()), room.begin());
    }
}

}  // namespace formats
