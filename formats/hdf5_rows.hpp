// Datasets of HDF5 files that are written and read as a whole, from and to vectors of numbers.
#pragma once

#include "formats/hdf5.hpp"
#include "formats/sizes.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace formats::hdf5 {

/// How numbers are stored, and how they are here.
template <class Value>
struct Types;
template <>
struct Types<float> {
    static hid_t stored() { return H5T_IEEE_F32LE; }
    static hid_t native() { return H5T_NATIVE_FLOAT; }
};
template <>
struct Types<uint8_t> {
    static hid_t stored() { return H5T_STD_U8LE; }
    static hid_t native() { return H5T_NATIVE_UINT8; }
};
template <>
struct Types<uint32_t> {
    static hid_t stored() { return H5T_STD_U32LE; }
    static hid_t native() { return H5T_NATIVE_UINT32; }
};
template <>
struct Types<uint64_t> {
    static hid_t stored() { return H5T_STD_U64LE; }
    static hid_t native() { return H5T_NATIVE_UINT64; }
};

/// `width` 0: a list, not rows.
template <class Value>
Handle write_whole(hid_t file, const char* name, const std::vector<Value>& values, size_t width) {
    std::vector<hsize_t> dims{values.size() / std::max<size_t>(width, 1)};
    if (width > 0) dims.push_back(width);
    Handle dataset = create_dataset(file, name, Types<Value>::stored(), dims);
    if (!values.empty())  // libhdf5 would miss a buffer
        write_rows(dataset, Types<Value>::native(), 0, dims[0], values.data());
    return dataset;
}

/// Reads the datasets of one file, each of as many rows as it must have.
class Datasets {
  public:
    Datasets(hid_t file, const std::string& place) : file_(file), place_(place) {}

    hsize_t rows(const char* name) const {
        const auto size = dims(open_dataset(file_, name, place_));
        return size.empty() ? 0 : size[0];
    }

    template <class Value>
    void read(const char* name, hsize_t rows, size_t width, std::vector<Value>& into) const {
        std::vector<hsize_t> wanted{rows};
        if (width > 0) wanted.push_back(width);
        const Handle dataset = open_dataset(file_, name, place_);
        if (dims(dataset) != wanted)
            throw FormatError(
                fmt::format("{}: '{}' is not of size {}", place_, name, fmt::join(wanted, " x ")));
        into.resize(product({rows, std::max<size_t>(width, 1)}));
        if (into.empty()) return;
        read_rows(dataset, Types<Value>::native(), 0, rows, into.data(), place_);
    }

  private:
    hid_t file_;
    const std::string& place_;
};

}  // namespace formats::hdf5
