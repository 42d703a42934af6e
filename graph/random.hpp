// Random numbers as a function of (seed, node, stamp): never of time, thread or order. The same on
// every machine and standard library.
#pragma once

#include "graph/stamp.hpp"

#include <cstdint>
#include <string_view>

namespace graph {

/// SplitMix64 (Steele, Lea, Flood 2014): small, and good enough for crops, flips and noise.
class Random {
  public:
    explicit Random(uint64_t seed) : state_(seed) {}
    Random(uint64_t seed, std::string_view node, const Stamp& stamp) : state_(seed) {
        for (const char c : node) mix(static_cast<unsigned char>(c));
        mix(static_cast<uint64_t>(stamp.pass));
        mix(stamp.index);
        for (const Part& part : stamp.parts) mix(part.index);
    }

    uint64_t next() {
        uint64_t z = (state_ += 0x9e3779b97f4a7c15);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }
    double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }  // in [0, 1)
    double uniform(double low, double high) { return low + (high - low) * uniform(); }
    uint64_t below(uint64_t n) { return static_cast<uint64_t>(uniform() * static_cast<double>(n)); }

  private:
    void mix(uint64_t value) {
        state_ ^= value;
        state_ = next();
    }
    uint64_t state_;
};

}  // namespace graph
