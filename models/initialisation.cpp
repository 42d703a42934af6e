// Glorot's and He's initial weights, from a portable generator.
#include "models/initialisation.hpp"

#include "models/model.hpp"

#include <bit>
#include <cmath>
#include <map>

namespace models {
namespace {

struct Kind {
    bool normal;
    bool both_fans;  // Glorot keeps the variance of activations and of gradients, He of activations
};

const std::map<std::string, Kind>& kinds() {
    static const std::map<std::string, Kind> all{{"glorot_uniform", {false, true}},
                                                 {"glorot_normal", {true, true}},
                                                 {"he_uniform", {false, false}},
                                                 {"he_normal", {true, false}}};
    return all;
}

}  // namespace

Generator::Generator(uint64_t seed) {
    for (uint64_t& word : state_) {  // splitmix64, as xoshiro's authors advise
        uint64_t z = seed += 0x9e3779b97f4a7c15;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        word = z ^ (z >> 31);
    }
}

uint64_t Generator::next() {
    const uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
    const uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
}

double Generator::uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }

double Generator::normal() {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += uniform();
    return sum;
}

void initialise(std::span<float> weights, const std::string& kind, int64_t fan_in, int64_t fan_out,
                Generator& generator) {
    const auto found = kinds().find(kind);
    if (found == kinds().end()) throw ModelError("unknown initialisation '" + kind + "'");
    const auto [normal, both_fans] = found->second;
    const double fan =
        both_fans ? static_cast<double>(fan_in + fan_out) / 2 : static_cast<double>(fan_in);
    const double deviation = std::sqrt((both_fans ? 1.0 : 2.0) / fan);
    const double limit = std::sqrt(3.0) * deviation;
    for (float& weight : weights)
        weight = static_cast<float>(normal ? deviation * generator.normal()
                                           : limit * (2 * generator.uniform() - 1));
}

graph::Choice initialisations() {
    graph::Choice choice;
    for (const auto& [name, kind] : kinds()) choice.values.push_back(name);
    return choice;
}

}  // namespace models
