// The first values of weights. The generator is our own, so that a seed means the same weights
// with every compiler and standard library.
#pragma once

#include "graph/params.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string>

namespace models {

/// xoshiro256++ (Blackman and Vigna 2019), seeded by splitmix64. Only integer and exactly rounded
/// operations, so the same numbers everywhere.
class Generator {
  public:
    explicit Generator(uint64_t seed);
    uint64_t next();
    double uniform();  // in [0, 1), 53 bits
    double normal();   // mean 0, variance 1, as a sum of twelve uniforms: within +-6

  private:
    std::array<uint64_t, 4> state_;
};

/// Fills weights of a layer in which each output sees `fan_in` inputs and each input reaches
/// `fan_out` outputs: for a convolution channels * kernel height * kernel width. `kind` is one of
/// initialisations(): Glorot and Bengio 2010 or He et al. 2015, uniform or normal. Biases start at
/// zero. Throws ModelError for another kind.
void initialise(std::span<float> weights, const std::string& kind, int64_t fan_in, int64_t fan_out,
                Generator& generator);

/// glorot_uniform, glorot_normal, he_uniform, he_normal: for a parameter's declaration.
graph::Choice initialisations();

}  // namespace models
