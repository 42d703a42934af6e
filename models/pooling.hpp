// One vector for a whole image, by which images are compared: its latents, pooled over their
// places, so that it is as long for every size of image.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace models {

/// Latents of a plane of an image: values are channels x rows x columns, all at least 1. What is
/// quantised is to be multiplied by its step first, or images of other qualities are far away.
struct LatentPlane {
    int64_t channels = 0;
    int64_t rows = 0;
    int64_t columns = 0;
    std::span<const float> values;
};

struct Pooling {
    std::string name;
    std::string doc;
    int64_t values_per_channel;
    /// Appends channels x values_per_channel values. Sums are made in double precision, in one
    /// order.
    std::function<void(const LatentPlane&, std::vector<float>&)> append;
};

/// mean, mean_deviation, grid.
const std::vector<Pooling>& poolings();

/// The pooled planes (the channels of an image, or its pages) one after the other. Throws
/// ModelError if there is no pooling of that name, or a plane's values do not fit its size.
std::vector<float> pool_latents(const std::string& pooling, std::span<const LatentPlane> planes);

}  // namespace models
