// What an index of vectors is: kept in each of its files, as attributes.
#pragma once

#include "formats/hdf5.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace formats {

enum class Metric {
    cosine,  // 1 - the cosine of the angle: 0 to 2
    l2,      // the Euclidean distance
};
const std::vector<std::string>& metric_names();  // in the order of Metric
/// Throws FormatError if there is none of that name.
Metric metric_of(const std::string& name);

/// What an index is. A build goes on only where all of it is the same.
struct VectorOptions {
    size_t dimension = 0;  // 1 to 65536
    Metric metric = Metric::cosine;
    int links = 16;      // neighbours that a vector chooses (M), 2 to 256
    int effort = 200;    // candidates for them (ef_construction), 1 to 100000
    std::string source;  // what the vectors were made from and how: any text

    bool operator==(const VectorOptions&) const = default;
};
/// Throws FormatError, beginning with `place`, if one is out of range.
void check(const VectorOptions& options, const std::string& place);

void write_options(hid_t file, const VectorOptions& options);
/// Throws FormatError if they are not there, or out of range.
VectorOptions read_options(const hdf5::Attributes& attributes, const std::string& place);

/// A vector as it is compared: of length 1 if the metric is cosine (one of zeros stays as it is,
/// and is 1 away from all others). Throws FormatError, beginning with `place`, if it is of another
/// dimension or not finite.
std::vector<float> comparable(std::span<const float> vector, const VectorOptions& options,
                              const std::string& place);

}  // namespace formats
