// The options of nodes that make streams, declared and checked once.
#pragma once

#include "nodes/frame_codec.hpp"

#include <filesystem>
#include <string>

namespace nodes {

/// Throws ConfigurationError, beginning with `id`, if the codec does not have them or is not to be
/// used unawares.
void check_encoding(const Codec& codec, const EncodeOptions& options, bool allow_generative,
                    const std::filesystem::path& model, const std::string& id);

std::vector<graph::Param> rate_target_fields();  // of RateTarget

template <class P>
graph::Param rate_target_param(RateTarget P::*member) {
    return graph::group("target", member, rate_target_fields(),
                        "what each frame is to take or to reach; in place of the quality");
}

template <class P>
graph::Param tile_size_param(int P::*member) {
    return graph::param("tile_size", member, graph::Range{64, 1 << 21},
                        "pixels along the sides of what is coded, and damaged, by itself");
}

}  // namespace nodes
