// What an archive says of one image, and of many as a table of CSV: every reader of the next ten
// years has one for that. Unknown columns are passed over, so that later versions may add some.
#pragma once

#include "formats/frame.hpp"

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace formats {

/// In what form an image is kept.
enum class Coding {
    stream,    // formats/stream.md, for a frozen codec
    jpegxl,    // lossless: a codestream of each plane
    original,  // the bytes of the file
    latents,   // the numbers that a stream codes; data is empty
};
const char* name(Coding coding);

/// A run of bytes in a file, and their SHA-256.
struct Blob {
    uint64_t offset = 0, length = 0;
    std::string sha256;
    bool operator==(const Blob&) const = default;
};

struct ArchiveEntry {
    std::string path;    // below the folder that was archived; with '/'
    std::string sha256;  // of the file, and its size in bytes
    uint64_t size = 0;
    Coding coding = Coding::original;

    // Of the frame; zeros and "" if it could not be read as one.
    uint64_t width = 0, height = 0, channels = 0, pages = 0;
    std::string type;  // "u8", "u16", "s16", "f32"
    TiffTags tags;

    // What decoding gives, against the original: dB with 255 or the brightest 16-bit sample as
    // peak, the mean SSIM of the planes, and grey levels. NaN if not known.
    static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
    double psnr = unknown, ssim = unknown, max_error = unknown;

    Blob data;                        // in the shard's file
    std::vector<uint64_t> parts;      // of several planes in JPEG XL: the length of each
    Blob latents;                     // zlib of int16; length 0: none
    std::vector<uint64_t> latent_of;  // planes, channels, rows, columns; see nodes/frame_latents
    std::string model;                // that made data or latents: 16 digits; "": none
};

/// "u8": as `type` has it.
const char* short_name(SampleType type);

std::string entries_csv(std::span<const ArchiveEntry> entries);
/// Throws FormatError, beginning with `name`.
std::vector<ArchiveEntry> parse_entries(std::string_view csv, const std::string& name);

/// Values of tags as text: bytes above 126 and controls become \x escapes; "270=hello;282=...".
std::string tags_text(const TiffTags& tags);
TiffTags parse_tags(std::string_view text, const std::string& name);

/// Whether a path may be restored: relative, without "..", "." or empty parts, and no NUL in it.
bool is_safe_path(std::string_view path);

}  // namespace formats
