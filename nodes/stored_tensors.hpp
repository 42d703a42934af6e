// Tensors of models as arrays of an HDF5 file, and back.
#pragma once

#include "formats/checkpoint.hpp"
#include "models/model.hpp"

#include <utility>
#include <vector>

namespace nodes {

/// The tensors must outlive the views.
inline std::vector<formats::ArrayView> views_of(const std::vector<models::NamedTensor>& tensors) {
    std::vector<formats::ArrayView> views;
    views.reserve(tensors.size());
    for (const auto& [name, tensor] : tensors) views.push_back({name, tensor.dims, tensor.values});
    return views;
}

inline std::vector<models::NamedTensor> tensors_of(std::vector<formats::NamedArray> arrays) {
    std::vector<models::NamedTensor> tensors;
    tensors.reserve(arrays.size());
    for (auto& array : arrays) {
        models::NamedTensor& named = tensors.emplace_back();
        named.name = std::move(array.name);
        named.tensor.dims = std::move(array.dims);
        named.tensor.values = std::move(array.values);
    }
    return tensors;
}

}  // namespace nodes
