// See encoding.hpp.
#include "nodes/encoding.hpp"

#include <bit>

#include <fmt/format.h>

namespace nodes {

void check_encoding(const Codec& codec, const EncodeOptions& options, bool allow_generative,
                    const std::filesystem::path& model, const std::string& id) {
    const auto fail = [&](const std::string& why) {
        throw graph::ConfigurationError(id + ": " + why);
    };
    const models::FrozenCodec& frozen = *codec.frozen;
    const double best = frozen.quality(frozen.levels() - 1);
    if (options.quality > best)
        fail(fmt::format("quality {}: the model has 0 to {}", options.quality, best));
    if (options.target.bpp > 0 && options.target.psnr > 0)
        fail("'target' takes either bpp or psnr, not both");
    if (options.tile_size % frozen.stride() != 0 ||
        !std::has_single_bit(static_cast<unsigned>(options.tile_size)))
        fail(fmt::format("tile_size {}: powers of 2 from 64 on are possible", options.tile_size));
    if (codec.generative && !allow_generative)
        fail(model.string() +
             " makes up detail that was not in the image; set 'allow_generative: true' if that is "
             "wanted");
}

std::vector<graph::Param> rate_target_fields() {
    using graph::param;
    using graph::Range;
    return {param("bpp", &RateTarget::bpp, Range{0, 64},
                  "bits for each pixel at most, all of the stream counted; 0: no matter"),
            param("psnr", &RateTarget::psnr, Range{0, 200},
                  "dB at least, with the largest value that the frame can hold as peak: 255, or "
                  "that of its brightest sample; 0: no matter")};
}

}  // namespace nodes
