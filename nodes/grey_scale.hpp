// How samples of 16 bits become what a codec's model sees, which is mostly trained on those of 8:
// in training and in encoding the same.
#pragma once

#include "nodes/types.hpp"

#include <span>

namespace nodes {

struct GreyScale {
    int white = 0;             // the sample that is white; 0: by the brightest
    bool square_root = false;  // of samples is seen, and squares of what is made are stored
};

/// The sample that is white in images of 16 bits, the pages of a frame.
int white_of(std::span<const formats::Image> pages, const GreyScale& scale);

/// 0 to 1 for samples from black to `white`.
float seen(float sample, float white, bool square_root);

std::vector<graph::Param> grey_scale_fields();  // of GreyScale

template <class P>
graph::Param grey_scale_param(GreyScale P::*member) {
    return graph::group("grey", member, grey_scale_fields(),
                        "of samples of 16 bits, as the model sees them");
}

}  // namespace nodes
