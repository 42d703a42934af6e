// What tests of whole models share: images to train on, and that every option changes something.
#pragma once

#include "models/model.hpp"
#include "tests/models/options.hpp"

#include <cmath>
#include <set>

#include <gtest/gtest.h>

namespace models {

/// Bright blobs on a dark ground, each in another place.
inline Tensor blobs(int64_t images, int64_t height, int64_t width) {
    Tensor tensor({images, 1, height, width});
    size_t at = 0;
    for (int64_t n = 0; n < images; ++n)
        for (int64_t y = 0; y < height; ++y)
            for (int64_t x = 0; x < width; ++x) {
                const auto wave = [&](int64_t position, int64_t step) {
                    return std::sin(0.15 * static_cast<double>(position + step * n));
                };
                tensor.values[at++] =
                    static_cast<float>(0.1 + 0.7 * std::pow(wave(x, 9) * wave(y, 5), 2));
            }
    return tensor;
}

inline Options with(Options options, const std::string& key, const std::string& value) {
    std::erase_if(options, [&](const auto& option) { return option.first == key; });
    options.emplace_back(key, value);
    return options;
}

inline double value_of(const Losses& losses, const std::string& name) {
    for (const auto& [key, value] : losses)
        if (key == name) return value;
    throw std::runtime_error("no loss " + name);
}

inline std::vector<float> everything(const Model& model) {
    std::vector<float> all;
    for (const NamedTensor& named : model.state())
        all.insert(all.end(), named.tensor.values.begin(), named.tensor.values.end());
    return all;
}

/// outcome(options) must differ between `start` and it with each of the changes, which must try all
/// parameters of the architecture.
template <class Outcome>
void expect_every_option_changes(const std::string& architecture, const Options& start,
                                 const Options& changes, Outcome outcome) {
    std::set<std::string> names;
    std::vector<std::vector<float>> outcomes{outcome(start)};
    for (const auto& [key, value] : changes) {
        outcomes.push_back(outcome(with(start, key, value)));
        names.insert(key);
        for (size_t other = 0; other + 1 < outcomes.size(); ++other)
            EXPECT_NE(outcomes.back(), outcomes[other]) << key << " " << value;
    }
    const auto& kind = graph::Kinds<Architecture>::all().at(architecture);
    for (const graph::Param& param : kind.description.params)
        EXPECT_TRUE(names.contains(param.name)) << param.name << " is not tried";
}

}  // namespace models
