// Initial weights: the spread that the papers ask for, and the same numbers for a seed everywhere.
#include "models/initialisation.hpp"
#include "models/model.hpp"

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>

namespace models {
namespace {

struct Spread {
    double mean = 0;
    double deviation = 0;
    double largest = 0;
};

Spread spread_of(const std::string& kind) {
    Generator generator(3);
    std::vector<float> weights(20000);
    initialise(weights, kind, 30, 70, generator);
    Spread spread;
    for (const float w : weights) {
        spread.mean += w / 20000.0;
        spread.deviation += w * w / 20000.0;
        spread.largest = std::max(spread.largest, std::abs(double{w}));
    }
    spread.deviation = std::sqrt(spread.deviation);
    return spread;
}

TEST(Initialisation, HasTheSpreadOfThePapers) {
    const double glorot = std::sqrt(2.0 / 100), he = std::sqrt(2.0 / 30);
    for (const auto& [kind, deviation] : {std::pair{"glorot_uniform", glorot},
                                          {"glorot_normal", glorot},
                                          {"he_uniform", he},
                                          {"he_normal", he}}) {
        const Spread spread = spread_of(kind);
        EXPECT_NEAR(spread.mean, 0, 0.02 * deviation) << kind;
        EXPECT_NEAR(spread.deviation, deviation, 0.02 * deviation) << kind;
        const bool uniform = std::string(kind).ends_with("uniform");
        EXPECT_LE(spread.largest, (uniform ? std::sqrt(3.0) : 6) * deviation * 1.0001) << kind;
        EXPECT_GE(spread.largest, (uniform ? 1.7 : 3) * deviation) << kind;
    }
}

// The first values of the authors' own code for xoshiro256++ with splitmix64 from seed 42.
TEST(Initialisation, DrawsTheSameNumbersEverywhere) {
    Generator generator(42);
    EXPECT_EQ(generator.next(), 0xd0764d4f4476689fU);
    EXPECT_EQ(generator.next(), 0x519e4174576f3791U);
    EXPECT_EQ(generator.next(), 0xfbe07cfb0c24ed8cU);
}

TEST(Initialisation, RefusesAnUnknownKind) {
    std::vector<float> weights(4);
    Generator generator(1);
    EXPECT_THROW(initialise(weights, "lecun", 2, 2, generator), ModelError);
    EXPECT_THAT(initialisations().values, testing::SizeIs(4));
}

}  // namespace
}  // namespace models
