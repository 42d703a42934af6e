// Latents to bytes under competing tables and back; tables that are fitted cost less than any one.
#include "models/fit_classes.hpp"
#include "models/initialisation.hpp"

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>

namespace models {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr int64_t channels = 3, rates = 2;

/// Latents that are loud to the right and quiet to the left, as if of an image with one cell.
FitTile tile(uint64_t seed, int64_t rows, int64_t columns, int64_t rate) {
    Generator generator(seed);
    FitTile tile{{rows, columns, {}}, rate};
    for (int64_t c = 0; c < channels; ++c)
        for (int64_t i = 0; i < rows * columns; ++i) {
            const bool loud = i % columns >= columns / 2;
            const double size = (loud ? 3.0 : 0.05) * static_cast<double>((rate + 1) * (c + 1));
            tile.latents.values.push_back(
                static_cast<int32_t>(std::lround(size * generator.normal())));
        }
    return tile;
}

ClassCoder fitted(int64_t classes = 4) {
    std::vector<FitTile> tiles;
    for (uint64_t seed = 0; seed < 8; ++seed)
        tiles.push_back(tile(seed, 12, 16, static_cast<int64_t>(seed % 2)));
    FitClassesOptions options;
    options.classes = classes;
    options.tables = 8;
    options.rounds = 6;
    return fit_classes(tiles, channels, rates, options);
}

TEST(ClassCoder, GivesBackWhatItTook) {
    const ClassCoder coder = fitted();
    for (const auto& [rows, columns] : {std::pair{1, 1}, {1, 7}, {7, 1}, {5, 9}})
        for (int64_t rate = 0; rate < rates; ++rate) {
            const TileLatents latents = tile(77, rows, columns, rate).latents;
            const auto payload = coder.encode(latents, rate);
            EXPECT_EQ(coder.decode(payload, rows, columns, rate).values, latents.values);
        }
}

TEST(ClassCoder, KnowsValuesThatWereNeverSeen) {
    const ClassCoder coder = fitted();
    TileLatents latents = tile(5, 4, 4, 0).latents;
    latents.values[3] = 1'000'000;
    latents.values[7] = -70;
    latents.values[20] = INT32_MIN;
    EXPECT_EQ(coder.decode(coder.encode(latents, 0), 4, 4, 0).values, latents.values);
}

TEST(ClassCoder, TakesWhatItSaysThatItTakes) {
    const ClassCoder coder = fitted();
    const TileLatents latents = tile(99, 40, 40, 1).latents;
    const double bits = coder.bits(latents, 1);
    const auto real = 8 * static_cast<double>(coder.encode(latents, 1).size());
    EXPECT_NEAR(real, bits, 64);  // the coder's state
    EXPECT_LT(bits, 8.0 * 40 * 40 * channels);
}

TEST(ClassCoder, ClassesAreWorthWhatTheyCost) {
    const ClassCoder one = fitted(1), four = fitted(4);
    double alone = 0, competing = 0;
    for (uint64_t seed = 100; seed < 104; ++seed) {
        const FitTile unseen = tile(seed, 20, 20, 1);
        alone += one.bits(unseen.latents, 1);
        competing += four.bits(unseen.latents, 1);
    }
    EXPECT_LT(competing, 0.9 * alone);
}

TEST(ClassCoder, IsTheSameFromItsTensors) {
    const ClassCoder coder = fitted();
    const ClassCoder other(coder.tensors());
    const TileLatents latents = tile(3, 9, 9, 1).latents;
    EXPECT_EQ(other.encode(latents, 1), coder.encode(latents, 1));
    const auto again = fitted().tensors();
    for (size_t i = 0; i < again.size(); ++i)
        EXPECT_EQ(again[i].values, coder.tensors()[i].values) << again[i].name;
}

TEST(ClassCoder, RefusesTensorsThatDoNotFit) {
    const auto good = fitted().tensors();
    for (size_t i = 0; i < good.size(); ++i) {
        auto bad = good;
        bad[i].name = "other";
        EXPECT_THROW(ClassCoder{bad}, ModelError);
        bad = good;
        bad[i].values.pop_back();
        EXPECT_THROW(ClassCoder{bad}, ModelError) << good[i].name;
        bad = good;
        bad[i].values[0] = -5;
        if (good[i].name != "coder.tables") {
            EXPECT_THROW(ClassCoder{bad}, ModelError) << good[i].name;
        }
        bad[i].values[1] = 1 << 30;
        EXPECT_THROW(ClassCoder{bad}, ModelError) << good[i].name;
    }
}

TEST(ClassCoder, RefusesDamageOrDecodesToSomething) {
    const ClassCoder coder = fitted();
    const TileLatents latents = tile(3, 9, 9, 0).latents;
    const auto payload = coder.encode(latents, 0);
    int refused = 0;
    for (size_t i = 0; i < 8 * payload.size(); ++i) {
        auto flipped = payload;
        flipped[i / 8] ^= std::byte{1} << (i % 8);
        try {
            EXPECT_EQ(coder.decode(flipped, 9, 9, 0).values.size(), latents.values.size());
        } catch (const ModelError&) {
            ++refused;
        }
    }
    EXPECT_GT(refused, 7 * static_cast<int>(payload.size()));
    for (size_t size = 0; size < payload.size(); ++size)
        EXPECT_THROW(coder.decode(std::span(payload).first(size), 9, 9, 0), ModelError);
}

TEST(ClassCoder, SaysWhatItCannotTake) {
    const ClassCoder coder = fitted();
    TileLatents latents = tile(3, 2, 2, 0).latents;
    EXPECT_THAT([&] { coder.encode(latents, 2); }, ThrowsMessage<ModelError>(HasSubstr("rate 2")));
    latents.values.pop_back();
    EXPECT_THROW(coder.encode(latents, 0), ModelError);
    EXPECT_THAT([&] { fit_classes({}, 3, 1); }, ThrowsMessage<ModelError>(HasSubstr("no latents")));
    const FitTile other{latents, 0};
    EXPECT_THROW(fit_classes({&other, 1}, 3, 1), ModelError);
}

}  // namespace
}  // namespace models
