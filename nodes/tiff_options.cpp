// See tiff_options.hpp.
#include "nodes/tiff_options.hpp"

namespace nodes {

formats::TiffOptions TiffReading::options() const {
    formats::TiffOptions options;
    options.colour = colour == "luminance" ? formats::Colour::luminance
                     : colour == "keep"    ? formats::Colour::keep
                                           : formats::Colour::refuse;
    options.max_samples = static_cast<uint64_t>(max_samples);
    options.max_ratio = max_ratio;
    options.max_pages = max_pages;
    return options;
}

formats::TiffWriteOptions TiffWriting::options() const {
    using enum formats::TiffCompression;
    return {.compression = compression == "lzw"    ? lzw
                           : compression == "zstd" ? zstd
                           : compression == "none" ? none
                                                   : deflate};
}

}  // namespace nodes
