// See tiff_layout.hpp.
#include "formats/tiff_layout.hpp"

#include "formats/error.hpp"
#include "formats/sizes.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace formats {

namespace {

template <class T>
T defaulted(TIFF* tiff, uint32_t tag) {
    T value{};
    TIFFGetFieldDefaulted(tiff, tag, &value);
    return value;
}

class Checker {
  public:
    Checker(TIFF* tiff, uint64_t file_bytes, const TiffOptions& options, const std::string& place)
        : tiff_(tiff), file_bytes_(file_bytes), options_(options), place_(place) {}

    TiffLayout layout() {
        read_shape();
        read_kind();
        read_blocks();
        check_stored();
        return layout_;
    }

  private:
    template <class... Args>
    [[noreturn]] void refuse(fmt::format_string<Args...> format, Args&&... args) const {
        throw FormatError(place_ + fmt::format(format, std::forward<Args>(args)...));
    }

    void read_shape() {
        TIFFGetField(tiff_, TIFFTAG_IMAGEWIDTH, &layout_.width);
        TIFFGetField(tiff_, TIFFTAG_IMAGELENGTH, &layout_.height);
        layout_.samples = defaulted<uint16_t>(tiff_, TIFFTAG_SAMPLESPERPIXEL);
        layout_.bits = defaulted<uint16_t>(tiff_, TIFFTAG_BITSPERSAMPLE);
        layout_.format = defaulted<uint16_t>(tiff_, TIFFTAG_SAMPLEFORMAT);
        if (layout_.format == SAMPLEFORMAT_VOID) layout_.format = SAMPLEFORMAT_UINT;
        layout_.separate =
            defaulted<uint16_t>(tiff_, TIFFTAG_PLANARCONFIG) == PLANARCONFIG_SEPARATE;
        const auto samples = product({layout_.width, layout_.height, layout_.samples});
        if (samples == 0)
            refuse("{} x {} pixels of {} samples: empty", layout_.width, layout_.height,
                   layout_.samples);
        constexpr uint32_t largest = INT32_MAX;
        if (samples > options_.max_samples || layout_.width > largest || layout_.height > largest)
            refuse(
                "{} x {} pixels of {} samples are more than the limit of {} samples; raise it "
                "if the file is to be trusted",
                layout_.width, layout_.height, layout_.samples, options_.max_samples);
    }

    void read_kind() {
        const auto compression = defaulted<uint16_t>(tiff_, TIFFTAG_COMPRESSION);
        if (compression == COMPRESSION_OJPEG)
            refuse("old-style JPEG; save it anew with another compression");
        if (TIFFIsCODECConfigured(compression) == 0)
            refuse("this libtiff has no compression {}", compression);
        if (TIFFGetField(tiff_, TIFFTAG_PHOTOMETRIC, &layout_.photometric) == 0 &&
            layout_.samples > 1)
            refuse("{} samples per pixel without a photometric interpretation", layout_.samples);
        // libtiff undoes the sub-sampling of colour only for JPEG.
        if (layout_.photometric == PHOTOMETRIC_YCBCR && compression == COMPRESSION_JPEG) {
            TIFFSetField(tiff_, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
            layout_.photometric = PHOTOMETRIC_RGB;
        }
        check_samples();
        check_photometric();
        if (options_.colour == Colour::exact) check_exact(compression);
    }

    /// Whether what we write of the samples (tiff_writer.hpp) shows the same.
    void check_exact(uint16_t compression) const {
        const auto orientation = defaulted<uint16_t>(tiff_, TIFFTAG_ORIENTATION);
        const uint16_t photometric = layout_.photometric;
        const bool grey =
            photometric == PHOTOMETRIC_MINISBLACK ||
            (photometric == PHOTOMETRIC_PALETTE && layout_.bits == 8 && layout_.samples == 1);
        if (layout_.format != SAMPLEFORMAT_UINT || (layout_.bits != 8 && layout_.bits != 16))
            refuse("samples of {} bits are not those of a frame", layout_.bits);
        if (photometric == PHOTOMETRIC_RGB ? layout_.samples != 3
                                           : !grey || layout_.samples == 3 || layout_.alpha)
            refuse("{} samples per pixel of photometric interpretation {} are not those of a frame",
                   layout_.samples, photometric);
        if (orientation != ORIENTATION_TOPLEFT)
            refuse("its orientation {} is not that of a frame", orientation);
        if (compression == COMPRESSION_JPEG)
            refuse("JPEG, which is small already, and which no other codec keeps as it is");
    }

    void check_samples() const {
        const auto [format, bits] = std::pair(layout_.format, layout_.bits);
        const auto among = [bits = bits](std::initializer_list<uint16_t> known) {
            return std::find(known.begin(), known.end(), bits) != known.end();
        };
        if (format == SAMPLEFORMAT_UINT && among({1, 2, 4, 8, 10, 12, 14, 16})) return;
        if (format == SAMPLEFORMAT_INT && bits == 16) return;
        if (format == SAMPLEFORMAT_IEEEFP && among({16, 32, 64})) return;
        refuse(
            "samples of {} bits, {}, are not read; convert them to 16-bit integers or 32-bit "
            "floats",
            bits,
            format == SAMPLEFORMAT_UINT     ? "unsigned"
            : format == SAMPLEFORMAT_INT    ? "signed"
            : format == SAMPLEFORMAT_IEEEFP ? "float"
                                            : "complex or of unknown format");
    }

    void check_photometric() {
        const uint16_t photometric = layout_.photometric;
        const bool integers = layout_.format == SAMPLEFORMAT_UINT;
        switch (photometric) {
            case PHOTOMETRIC_MINISBLACK:
                break;
            case PHOTOMETRIC_MINISWHITE:
                if (!integers || layout_.samples > 1)
                    refuse("min-is-white, but not of one unsigned integer per pixel");
                break;
            case PHOTOMETRIC_PALETTE:
                if (!integers || (layout_.samples > 1 && layout_.bits > 8))
                    refuse("a palette of {} samples of {} bits per pixel", layout_.samples,
                           layout_.bits);
                break;
            case PHOTOMETRIC_RGB:
                if (layout_.samples < 3) refuse("RGB of {} samples per pixel", layout_.samples);
                break;
            default:
                refuse("photometric interpretation {}{} is not read; convert it to grey or RGB",
                       photometric,
                       photometric == PHOTOMETRIC_SEPARATED ? " (CMYK)"
                       : photometric == PHOTOMETRIC_YCBCR   ? " (YCbCr without JPEG)"
                                                            : "");
        }
        layout_.extra = layout_.samples - (photometric == PHOTOMETRIC_RGB ? 3 : 1);
        uint16_t count = 0;
        const uint16_t* kinds = nullptr;
        if (TIFFGetField(tiff_, TIFFTAG_EXTRASAMPLES, &count, &kinds) == 1 && count > 0)
            layout_.alpha =
                kinds[0] == EXTRASAMPLE_ASSOCALPHA || kinds[0] == EXTRASAMPLE_UNASSALPHA;
        if (layout_.extra > 0 && options_.colour == Colour::luminance && !layout_.alpha &&
            photometric != PHOTOMETRIC_RGB)
            refuse("{} channels that are no colours have no luminance; set colour: keep",
                   layout_.samples);
        if (layout_.samples > 1 && options_.colour == Colour::refuse)
            refuse("{} samples per pixel, but grey was asked for; set colour: luminance or keep",
                   layout_.samples);
    }

    void read_blocks() {
        layout_.tiled = TIFFIsTiled(tiff_) != 0;
        if (layout_.tiled) {
            TIFFGetField(tiff_, TIFFTAG_TILEWIDTH, &layout_.block_width);
            TIFFGetField(tiff_, TIFFTAG_TILELENGTH, &layout_.block_height);
            layout_.block_bytes = TIFFTileSize64(tiff_);
            layout_.row_bytes = TIFFTileRowSize64(tiff_);
        } else {
            layout_.block_width = layout_.width;
            layout_.block_height =
                std::min(defaulted<uint32_t>(tiff_, TIFFTAG_ROWSPERSTRIP), layout_.height);
            layout_.block_bytes = TIFFVStripSize64(tiff_, layout_.block_height);
            layout_.row_bytes = TIFFScanlineSize64(tiff_);
        }
        const uint64_t needed =
            (product({layout_.block_width, layout_.samples_per_plane(), layout_.bits}) + 7) / 8;
        if (layout_.block_width == 0 || layout_.block_height == 0 || layout_.row_bytes < needed ||
            layout_.block_bytes < product({layout_.row_bytes, layout_.block_height}))
            refuse("strips or tiles of an impossible size");
        const uint64_t promised =
            layout_.tiled ? TIFFNumberOfTiles(tiff_) : TIFFNumberOfStrips(tiff_);
        if (promised != layout_.blocks())
            refuse("{} strips or tiles, but {} are needed", promised, layout_.blocks());
    }

    /// That every block is in the file, and that they do not decode to much more than is stored.
    void check_stored() const {
        uint64_t stored = 0;
        for (uint32_t block = 0; block < layout_.blocks(); ++block) {
            const uint64_t offset = TIFFGetStrileOffset(tiff_, block);
            const uint64_t bytes = TIFFGetStrileByteCount(tiff_, block);
            if (offset == 0 || bytes == 0) refuse("strip or tile {} is missing", block);
            if (offset > file_bytes_ || bytes > file_bytes_ - offset)
                refuse("truncated: strip or tile {} ends at byte {}, the file at {}", block,
                       offset + bytes, file_bytes_);
            stored += bytes;
        }
        stored = std::min(stored, file_bytes_);  // blocks may share their bytes
        const uint64_t decoded = product({layout_.block_bytes, layout_.blocks()});
        const double most = options_.max_ratio * static_cast<double>(stored);
        if (decoded > options_.free_bytes && static_cast<double>(decoded) > most)
            refuse(
                "{} stored bytes decode to {}, more than the limit of {} times; raise it if the "
                "file is to be trusted",
                stored, decoded, options_.max_ratio);
    }

    TIFF* tiff_;
    uint64_t file_bytes_;
    const TiffOptions& options_;
    const std::string& place_;
    TiffLayout layout_;
};

}  // namespace

TiffLayout tiff_layout(TIFF* tiff, uint64_t file_bytes, const TiffOptions& options,
                       const std::string& place) {
    return Checker(tiff, file_bytes, options, place).layout();
}

}  // namespace formats
