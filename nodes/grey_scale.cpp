// See grey_scale.hpp.
#include "nodes/grey_scale.hpp"

namespace nodes {

/// Cameras seldom fill their range, so the brightest sample tells. With twice that, half of 30
/// frames of 12 bits (bench/sixteen_bits.py) took at least 24 % less than JPEG 2000, with just that
/// 19 %: the brightest of a frame stands out, and what is dark to the model takes fewer bits.
int white_of(std::span<const formats::Image> pages, const GreyScale& scale) {
    float most = 0;
    for (const formats::Image& page : pages)
        most = std::max(most, *std::ranges::max_element(page.samples));
    const int brightest = std::max<int>(1, formats::to_stored<uint16_t>(most));
    return scale.white > 0 ? std::max(scale.white, brightest) : std::min(2 * brightest, 65535);
}

float seen(float sample, float white, bool square_root) {
    const float part = sample / white;
    return square_root ? std::sqrt(std::max(part, 0.0F)) : part;
}

std::vector<graph::Param> grey_scale_fields() {
    return {graph::param("white", &GreyScale::white, graph::Range{0, 65535},
                         "the sample that is white to the model, or the brightest if that is "
                         "above; 0: twice the brightest of each frame"),
            graph::param("square_root", &GreyScale::square_root,
                         "the model sees square roots, of which photon noise has the same size "
                         "everywhere: dark places keep more of their detail, at a larger mean "
                         "error")};
}

}  // namespace nodes
