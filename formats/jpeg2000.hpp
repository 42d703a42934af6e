// Grey images of 8 or 16 bits as JPEG 2000 codestreams, with OpenJPEG: the best of the classic
// codecs on noisy microscope images, and the one that ours has to beat.
#pragma once

#include "formats/grey.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace formats {

struct Jpeg2000Options {
    enum class Target { bits_per_pixel, psnr };
    Target target = Target::bits_per_pixel;
    /// Bits per pixel, which streams do not exceed by more than a few bytes; or dB, of which
    /// OpenJPEG makes an estimate from the wavelet coefficients, for a peak of 2^bits - 1.
    double value = 1;
    int levels = 5;  // of the wavelet transform, 0 to 32; as many as the image's sides allow
};

/// Irreversible 9/7 wavelet, one tile, one layer, code blocks of 64 x 64; a bare codestream (.j2k)
/// without comment. Throws FormatError.
std::vector<std::byte> encode_jpeg2000(const Image& image, const Jpeg2000Options& options = {});

/// Bare codestreams of one component of 8 or 16 bits, unsigned. Throws FormatError for what is
/// damaged, cut short or too large; memory is taken only after the header has been checked.
Image decode_jpeg2000(std::span<const std::byte> bytes, uint64_t max_pixels = default_max_pixels);

}  // namespace formats
