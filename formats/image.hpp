// An image in memory. Samples are float in units of full scale, whatever was stored, so that models
// need not know; `type` says what was stored, so that writing gives the same values back.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

namespace formats {

/// How a sample is stored, and what 1.0 means: 255, 65535, 32767 (signed: -32768 gives slightly
/// less than -1), or 1.0 itself.
enum class SampleType { u8, u16, s16, f32 };

struct Image {
    int channels = 1;
    int height = 0;
    int width = 0;
    std::vector<float> samples;  // channels x height x width, finite
    SampleType type = SampleType::f32;

    std::string path;    // of the file, as it was asked for
    int page = 0;        // in the file, from 0
    std::string sha256;  // of the whole file
};

/// Throws FormatError, beginning with `place`, unless the sizes are positive and right and every
/// sample is finite.
void check(const Image& image, const std::string& place);

/// A stored value in units of full scale. Exact in the sense that to_stored gives it back.
template <class T>
constexpr float to_unit(T stored) {
    if constexpr (std::is_floating_point_v<T>)
        return static_cast<float>(stored);
    else
        return static_cast<float>(stored) / static_cast<float>(std::numeric_limits<T>::max());
}

/// The nearest stored value; what is out of range is clamped. `unit` must not be NaN.
template <class T>
T to_stored(float unit) {
    if constexpr (std::is_floating_point_v<T>) {
        return unit;
    } else {
        constexpr auto low = static_cast<float>(std::numeric_limits<T>::min());
        constexpr auto high = static_cast<float>(std::numeric_limits<T>::max());
        const float value = std::clamp(unit * high, low, high);
        // Not std::lround, which is a call for each sample.
        return static_cast<T>(static_cast<int32_t>(value + (value < 0 ? -0.5F : 0.5F)));
    }
}

}  // namespace formats
