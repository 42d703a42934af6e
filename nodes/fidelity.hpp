// How near decoded pixels are to the original's: what an archive says of each image.
#pragma once

#include "formats/frame.hpp"

#include <cstdint>
#include <span>

namespace nodes {

struct Fidelity {
    double psnr = 0;       // dB; the peak is 255 or, of 16 bits, the brightest sample
    double ssim = 0;       // with the same peak; mean of the planes, NaN below 11 x 11 pixels
    double max_error = 0;  // grey levels
};

/// `pixels`: page by page, in it channel by channel, as many as the frame has, which is of 8 or 16
/// bits.
Fidelity fidelity(const formats::Frame& original, std::span<const uint16_t> pixels);

}  // namespace nodes
