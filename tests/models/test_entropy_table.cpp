// Tables: any value comes back, and what they spend is next to nothing above the entropy.
#include "models/entropy_table.hpp"

#include <cmath>
#include <limits>
#include <numeric>
#include <random>

#include <gmock/gmock.h>

namespace models {
namespace {

using testing::ElementsAre;

std::vector<std::byte> encoded(const EntropyTable& table, const std::vector<int32_t>& values) {
    RansEncoder encoder;
    for (const int32_t value : values) table.encode(value, encoder);
    return encoder.finish();
}

std::vector<int32_t> decoded(const EntropyTable& table, std::span<const std::byte> payload,
                             size_t count) {
    RansDecoder decoder(payload);
    std::vector<int32_t> values(count);
    for (int32_t& value : values) value = table.decode(decoder);
    decoder.finish();
    return values;
}

std::vector<uint32_t> frequencies(const EntropyTable& table) {
    std::vector<uint32_t> list(table.size());
    for (size_t i = 0; i < list.size(); ++i) list[i] = table.frequency(i);
    return list;
}

/// Values drawn with these weights; portable, unlike the standard distributions.
std::vector<int32_t> draw(int32_t low, const std::vector<double>& weights, size_t count) {
    std::vector<double> sums(weights.size());
    std::partial_sum(weights.begin(), weights.end(), sums.begin());
    std::mt19937_64 random(5);
    std::vector<int32_t> values(count);
    for (int32_t& value : values) {
        const double at = static_cast<double>(random() >> 11) * 0x1p-53 * sums.back();
        value = low +
                static_cast<int32_t>(std::upper_bound(sums.begin(), sums.end(), at) - sums.begin());
    }
    return values;
}

double entropy(const std::vector<double>& weights) {
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    double bits = 0;
    for (const double weight : weights)
        if (weight > 0) bits -= weight / sum * std::log2(weight / sum);
    return bits;
}

TEST(EntropyTable, AnyNumberComesBack) {
    constexpr int32_t least = std::numeric_limits<int32_t>::min();
    constexpr int32_t most = std::numeric_limits<int32_t>::max();
    std::vector<int32_t> values{least, least + 1, -70000, -65537, -1, 0, 1, 70000, most - 1, most};
    for (int32_t value = -40; value <= 40; ++value) values.push_back(value);
    for (int shift = 0; shift < 31; ++shift) values.push_back(1 << shift);
    for (const EntropyTable& table :
         {fit_table(-2, std::vector<double>{1, 5, 50, 9, 1, 1}),
          fit_table(7, std::vector<double>{0, 0}), fit_table(3, std::vector<double>{1}),
          fit_table(0, std::vector<double>(65536, 1.0)),
          fit_table(-(1 << 24), std::vector<double>{2, 1})}) {
        const auto payload = encoded(table, values);
        EXPECT_EQ(decoded(table, payload, values.size()), values);
        double bits = 0;
        for (const int32_t value : values) bits += table.bits(value);
        EXPECT_NEAR(payload.size() * 8.0, bits, 49);
    }
}

TEST(EntropyTable, IsAsGoodAsGivingEachPlaceWhereItSavesMost) {
    for (const auto& weights : std::vector<std::vector<double>>{{1, 1, 1},
                                                                {1000, 10, 1, 0, 0.001},
                                                                {3, 0},
                                                                {1e-9, 1, 1e9},
                                                                std::vector<double>(300, 2.5)}) {
        std::vector<uint32_t> slow(weights.size(), 1);
        for (auto left = certainty - weights.size(); left > 0; --left) {
            size_t best = 0;
            for (size_t i = 1; i < slow.size(); ++i)
                if (weights[i] * std::log1p(1.0 / slow[i]) >
                    weights[best] * std::log1p(1.0 / slow[best]))
                    best = i;
            ++slow[best];
        }
        EXPECT_EQ(frequencies(fit_table(0, weights)), slow);
    }
    EXPECT_THAT(frequencies(fit_table(0, std::vector<double>{3, 1})), ElementsAre(49152, 16384));
    EXPECT_THAT(frequencies(fit_table(0, std::vector<double>{1, 0})), ElementsAre(65535, 1));
}

TEST(EntropyTable, CostsLittleMoreThanTheEntropy) {
    std::vector<double> peak(41), flat(1000), skew(256);
    for (size_t i = 0; i < peak.size(); ++i) peak[i] = std::exp(-std::abs(i - 20.0));
    for (size_t i = 0; i < flat.size(); ++i)
        flat[i] = 1 + 0.5 * std::sin(0.1 * static_cast<double>(i));
    for (size_t i = 0; i < skew.size(); ++i) skew[i] = std::pow(0.93, i) + (i == 0 ? 5 : 0);
    for (auto weights : {peak, flat, skew}) {
        weights.push_back(0);  // no escapes
        const double ideal = entropy(weights);
        const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
        const EntropyTable table = fit_table(-20, weights);
        double spent = 0;
        for (size_t i = 0; i + 1 < weights.size(); ++i)
            spent += weights[i] / sum * table.bits(static_cast<int32_t>(i) - 20);
        EXPECT_LT(spent, ideal * 1.001);

        const auto values = draw(-20, weights, 20000);
        double bits = 0;
        for (const int32_t value : values)
            bits -= std::log2(weights[static_cast<size_t>(value + 20)] / sum);
        EXPECT_NEAR(static_cast<double>(encoded(table, values).size()), bits / 8,
                    0.001 * bits / 8 + 6);
    }
}

TEST(EntropyTable, GaussiansCostLittleMoreThanTheirEntropy) {
    const ScaleGrid grid;
    const auto tables = gaussian_tables(grid);
    ASSERT_EQ(tables.size(), 64U);
    EXPECT_DOUBLE_EQ(grid.scale(0), 0.11);
    EXPECT_NEAR(grid.scale(63), 256, 1e-9);
    for (int i = 0; i < grid.count; ++i) {
        EXPECT_EQ(grid.nearest(grid.scale(i)), i);
        const double scale = grid.scale(i);
        const auto above = [&](double x) { return std::erfc(x / (scale * std::sqrt(2.0))) / 2; };
        double ideal = 0, spent = 0;
        for (int k = 0; k < 8 * scale + 8; ++k) {
            const double p = k == 0 ? 1 - 2 * above(0.5) : above(k - 0.5) - above(k + 0.5);
            if (p <= 0) break;
            ideal -= (k == 0 ? 1 : 2) * p * std::log2(p);
            spent += (k == 0 ? 1 : 2) * p * tables[static_cast<size_t>(i)].bits(k);
        }
        EXPECT_LT(spent, ideal * 1.001 + 0.0001) << scale;
        EXPECT_EQ(tables[static_cast<size_t>(i)].bits(3), tables[static_cast<size_t>(i)].bits(-3));
    }
    EXPECT_EQ(grid.nearest(0), 0);
    EXPECT_EQ(grid.nearest(1e9), 63);
}

TEST(EntropyTable, RefusesWhatIsNoTable) {
    const auto make = [](int32_t low, std::vector<uint32_t> list) { EntropyTable(low, list); };
    EXPECT_THROW(make(0, {}), ModelError);
    EXPECT_THROW(make(0, {65535}), ModelError);
    EXPECT_THROW(make(0, {65536, 0}), ModelError);
    EXPECT_THROW(make(0, {65536, 65536}), ModelError);
    EXPECT_THROW(make(0, {1, 0xFFFFFFFF, 65536}), ModelError);
    EXPECT_THROW(make(0x7FFFFFFF, {65535, 1}), ModelError);
    EXPECT_THROW(make(0, std::vector<uint32_t>(65537, 1)), ModelError);
    EXPECT_NO_THROW(make(0, std::vector<uint32_t>(65536, 1)));
    EXPECT_THROW(fit_table(0, {}), ModelError);
    EXPECT_THROW(fit_table(0, std::vector<double>{1, -1}), ModelError);
    EXPECT_THROW(fit_table(0, std::vector<double>{1, std::nan("")}), ModelError);
    EXPECT_THROW(fit_table(0, std::vector<double>(65537, 1.0)), ModelError);
}

bool refused(const Tensor& tensor) {
    try {
        tables_of(tensor);
    } catch (const ModelError&) {
        return true;
    }
    return false;
}

TEST(EntropyTable, IsKeptAsWholeNumbers) {
    const std::vector tables{fit_table(-3, std::vector<double>{1, 5, 2, 1}),
                             fit_table(9, std::vector<double>{1})};
    const NamedTensor named = to_tensor("tables", tables);
    EXPECT_EQ(named.name, "tables");
    for (const float value : named.tensor.values) EXPECT_EQ(value, std::floor(value));
    const auto back = tables_of(named.tensor);
    ASSERT_EQ(back.size(), 2U);
    EXPECT_EQ(back[0].low(), -3);
    EXPECT_EQ(frequencies(back[0]), frequencies(tables[0]));
    EXPECT_EQ(frequencies(back[1]), frequencies(tables[1]));
    for (size_t i = 0; i < named.tensor.values.size(); ++i) {
        const bool first = i == 0 || i == 6;  // of a table: the lowest value
        Tensor cut = named.tensor;
        cut.values.resize(i);
        EXPECT_EQ(refused(cut), !first) << i;
        for (const float wrong : {0.5F, -1e9F, std::nanf(""), 65537.0F}) {
            Tensor damaged = named.tensor;
            damaged.values[i] = wrong;
            EXPECT_EQ(refused(damaged), !first || wrong != 65537) << i << " " << wrong;
        }
    }
}

TEST(EntropyTable, DamageEndsInAnErrorNotInALoop) {
    const EntropyTable table = fit_table(0, std::vector<double>{1, 1, 1, 3});
    std::mt19937 random(3);
    int refused = 0;
    for (int trial = 0; trial < 20000; ++trial) {
        std::vector<std::byte> payload(random() % 40);
        for (std::byte& byte : payload) byte = static_cast<std::byte>(random());
        try {
            decoded(table, payload, 50);
        } catch (const ModelError&) {
            ++refused;
        }
    }
    EXPECT_EQ(refused, 20000);
}

}  // namespace
}  // namespace models
