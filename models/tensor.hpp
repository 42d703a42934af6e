// A plain, dense float tensor: the form in which data enter and leave a network. Inside, tensors
// are in oneDNN's own layouts (models/onednn.hpp).
#pragma once

#include <cstdint>
#include <functional>
#include <numeric>
#include <vector>

namespace models {

using Dims = std::vector<int64_t>;  // N, C, H, W from slowest to fastest

inline int64_t count(const Dims& dims) {
    return std::accumulate(dims.begin(), dims.end(), int64_t{1}, std::multiplies<>());
}

struct Tensor {
    Dims dims;
    std::vector<float> values;  // row-major

    Tensor() = default;
    explicit Tensor(Dims d) : dims(std::move(d)), values(static_cast<size_t>(count(dims))) {}
};

}  // namespace models
