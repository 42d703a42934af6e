// See pooling.hpp.
#include "models/pooling.hpp"

#include "models/model.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace models {

namespace {

/// Rows [top, bottom) and columns [left, right).
struct Field {
    int64_t top, bottom, left, right;
};

Field whole(const LatentPlane& plane) { return {0, plane.rows, 0, plane.columns}; }

template <class Of>
double mean(const LatentPlane& plane, int64_t channel, const Field& field, Of of) {
    double sum = 0;
    for (int64_t y = field.top; y < field.bottom; ++y)
        for (int64_t x = field.left; x < field.right; ++x)
            sum += of(double{
                plane.values[static_cast<size_t>((channel * plane.rows + y) * plane.columns + x)]});
    return sum / static_cast<double>((field.bottom - field.top) * (field.right - field.left));
}

double mean(const LatentPlane& plane, int64_t channel, const Field& field) {
    return mean(plane, channel, field, [](double value) { return value; });
}

void append_mean(const LatentPlane& plane, std::vector<float>& to) {
    for (int64_t c = 0; c < plane.channels; ++c)
        to.push_back(static_cast<float>(mean(plane, c, whole(plane))));
}

void append_mean_deviation(const LatentPlane& plane, std::vector<float>& to) {
    append_mean(plane, to);
    for (int64_t c = 0; c < plane.channels; ++c) {
        const double centre = mean(plane, c, whole(plane));
        to.push_back(static_cast<float>(std::sqrt(mean(plane, c, whole(plane), [&](double value) {
            return (value - centre) * (value - centre);
        }))));
    }
}

void append_grid(const LatentPlane& plane, std::vector<float>& to) {
    const auto half = [](int64_t size) { return std::pair{size / 2, (size + 1) / 2}; };
    const auto [below, above] = half(plane.rows);
    const auto [right, left] = half(plane.columns);
    for (int64_t c = 0; c < plane.channels; ++c)
        for (const auto& [top, bottom] : {std::pair{int64_t{0}, above}, {below, plane.rows}})
            for (const auto& [from, until] : {std::pair{int64_t{0}, left}, {right, plane.columns}})
                to.push_back(static_cast<float>(mean(plane, c, {top, bottom, from, until})));
}

void check(const LatentPlane& plane) {
    const bool positive = plane.channels > 0 && plane.rows > 0 && plane.columns > 0;
    if (!positive ||
        plane.values.size() != static_cast<size_t>(plane.channels * plane.rows * plane.columns))
        throw ModelError(fmt::format("a plane of latents of {} x {} x {} has {} values",
                                     plane.channels, plane.rows, plane.columns,
                                     plane.values.size()));
}

}  // namespace

const std::vector<Pooling>& poolings() {
    static const std::vector<Pooling> all{
        {"mean", "the mean of each channel: what there is, wherever it is", 1, append_mean},
        {"mean_deviation",
         "the means of the channels, then their standard deviations: texture and contrast as well",
         2, append_mean_deviation},
        {"grid",
         "the means of each channel in the four quarters of the image (which share the middle row "
         "or column of an odd size): where it is as well",
         4, append_grid}};
    return all;
}

std::vector<float> pool_latents(const std::string& pooling, std::span<const LatentPlane> planes) {
    const auto& all = poolings();
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&](const Pooling& one) { return one.name == pooling; });
    if (found == all.end()) throw ModelError("no pooling '" + pooling + "'");
    std::vector<float> vector;
    for (const LatentPlane& plane : planes) {
        check(plane);
        found->append(plane, vector);
    }
    return vector;
}

}  // namespace models
