// A checkpoint: named texts, numbers and arrays of floats and integers in one HDF5 file that any
// client reads. Equal content gives equal bytes: no path, host, time or folder is in it.
//
// Layout (see hdf5.hpp for the first 512 bytes):
//   /          attributes: format = "latentflow checkpoint", version = 1
//   /text      attributes: the texts, variable-length UTF-8
//   /numbers   attributes: 64-bit integers and doubles
//   /arrays    groups and datasets: "encoder.0.weights" is /arrays/encoder/0/weights, float32,
//              little-endian, contiguous, uncompressed; attributes: name as given, order from 0
//   /integers  the same of int32, little-endian; only if there are any
// h5py: h5py.File("checkpoint.h5")["arrays/encoder/0/weights"][:]
#pragma once

#include "formats/publish.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace formats {

using Number = std::variant<int64_t, double>;

template <class Value>
struct NamedValues {
    std::string name;  // parts separated by '.' or '/'
    std::vector<int64_t> dims;
    std::vector<Value> values;
};
using NamedArray = NamedValues<float>;
using NamedIntegers = NamedValues<int32_t>;

/// For writing without a copy.
template <class Value>
struct ValuesView {
    std::string name;
    std::vector<int64_t> dims;
    std::span<const Value> values;
};
using ArrayView = ValuesView<float>;
using IntegersView = ValuesView<int32_t>;

struct Checkpoint {
    std::map<std::string, std::string> text;
    std::map<std::string, Number> numbers;
    std::vector<NamedArray> arrays;  // in the order in which they were written
    std::vector<NamedIntegers> integers;
};

/// Replaces an old checkpoint as a whole; returns the digest that hdf5_digest(path) gives. Throws
/// FormatError if a name is doubled, a size is wrong or a float not finite, IoError if it cannot be
/// written.
std::string write_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint);
std::string write_checkpoint(const std::filesystem::path& path,
                             const std::map<std::string, std::string>& text,
                             const std::map<std::string, Number>& numbers,
                             std::span<const ArrayView> arrays,
                             std::span<const IntegersView> integers = {});

/// Throws FormatError if the file is damaged, no checkpoint, or has a float that is not finite.
Checkpoint read_checkpoint(const std::filesystem::path& path);

}  // namespace formats
