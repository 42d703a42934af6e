// See vector_options.hpp.
#include "formats/vector_options.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include <fmt/format.h>

namespace formats {

const std::vector<std::string>& metric_names() {
    static const std::vector<std::string> names{"cosine", "l2"};
    return names;
}

Metric metric_of(const std::string& name) {
    const auto& names = metric_names();
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end())
        throw FormatError(fmt::format("no metric '{}' among: {}", name, fmt::join(names, ", ")));
    return static_cast<Metric>(found - names.begin());
}

void check(const VectorOptions& options, const std::string& place) {
    const auto within = [&](const char* what, uint64_t value, uint64_t low, uint64_t high) {
        if (value < low || value > high)
            throw FormatError(fmt::format("{}: an index of {} {}: {} to {} are possible", place,
                                          what, static_cast<int64_t>(value), low, high));
    };
    within("dimension", options.dimension, 1, 65536);
    within("links", static_cast<uint64_t>(int64_t{options.links}), 2, 256);
    within("effort", static_cast<uint64_t>(int64_t{options.effort}), 1, 100000);
}

void write_options(hid_t file, const VectorOptions& options) {
    hdf5::write_attribute(file, "metric", metric_names()[static_cast<size_t>(options.metric)]);
    hdf5::write_attribute(file, "dimension", static_cast<int64_t>(options.dimension));
    hdf5::write_attribute(file, "links", int64_t{options.links});
    hdf5::write_attribute(file, "effort", int64_t{options.effort});
    hdf5::write_attribute(file, "source", options.source);
}

VectorOptions read_options(const hdf5::Attributes& attributes, const std::string& place) {
    const auto number = [&](const char* name) {
        return hdf5::get<int64_t>(attributes, name, place);
    };
    VectorOptions options;
    options.dimension = static_cast<size_t>(number("dimension"));
    options.metric = metric_of(hdf5::get<std::string>(attributes, "metric", place));
    options.links = static_cast<int>(number("links"));
    options.effort = static_cast<int>(number("effort"));
    options.source = hdf5::get<std::string>(attributes, "source", place);
    check(options, place);
    return options;
}

std::vector<float> comparable(std::span<const float> vector, const VectorOptions& options,
                              const std::string& place) {
    if (vector.size() != options.dimension)
        throw FormatError(fmt::format("{}: a vector of dimension {}, but the index has {}", place,
                                      vector.size(), options.dimension));
    double squares = 0;
    for (const float value : vector) squares += static_cast<double>(value) * value;
    if (!std::isfinite(squares))
        throw FormatError(fmt::format("{}: a vector with a value that is not finite", place));
    const double length = options.metric == Metric::cosine && squares > 0 ? std::sqrt(squares) : 1;
    std::vector<float> copy(vector.begin(), vector.end());
    for (float& value : copy) value = static_cast<float>(value / length) + 0.0F;  // no -0
    return copy;
}

}  // namespace formats
