// Latents as bytes: exact for quantised ones, as near as was asked for others.
#include "models/latent_coder.hpp"

#include <cmath>
#include <random>

#include <gmock/gmock.h>

namespace models {
namespace {

using testing::HasSubstr;

/// Channel c is that of a ReLU: nothing, or a value of the order of 10^c.
Latents floats(int64_t images, uint32_t seed = 1) {
    Latents latents;
    latents.values = Tensor({images, 3, 4, 5});
    std::mt19937 random(seed);
    for (size_t i = 0; i < latents.values.values.size(); ++i) {
        const double size = std::pow(10.0, static_cast<double>(i / 20 % 3));
        const double uniform = (static_cast<double>(random()) + 0.5) * 0x1p-32;
        latents.values.values[i] =
            static_cast<float>(std::max(0.0, size * (-std::log(uniform) - 1)));
    }
    return latents;
}

Latents symbols(int64_t images) {
    Latents latents;
    latents.centres = {-2, -1, 0.25F, 1, 2};
    latents.values = Tensor({images, 2, 8, 8});
    std::mt19937 random(4);
    for (size_t i = 0; i < latents.values.values.size(); ++i)
        latents.values.values[i] =
            latents.centres[std::min<size_t>(random() % 8, i / 64 % 2 ? 2 : 4)];
    return latents;
}

size_t bytes_of(const std::vector<std::vector<std::byte>>& payloads) {
    size_t bytes = 0;
    for (const auto& payload : payloads) bytes += payload.size();
    return bytes;
}

template <class Body>
std::string error_of(Body body) {
    try {
        body();
    } catch (const ModelError& error) {
        return error.what();
    }
    return "";
}

TEST(LatentCoder, CentresComeBackExactly) {
    const Latents latents = symbols(50);
    const LatentCoder coder = LatentCoder::fit(latents, 0.125);
    const auto payloads = coder.encode(latents);
    ASSERT_EQ(payloads.size(), 50U);
    const Latents back = coder.decode(payloads);
    EXPECT_EQ(back.values.values, latents.values.values);
    EXPECT_EQ(back.values.dims, latents.values.dims);
    EXPECT_EQ(back.centres, latents.centres);
    // The entropies of the two channels: 1/8 each of 4 and the rest, and 1/8, 1/8, 3/4.
    const double ideal =
        50 * 64 * (0.5 * 3 + 0.5 * 1 + 2 * 0.125 * 3 + 0.75 * std::log2(4 / 3.0)) / 8;
    EXPECT_NEAR(static_cast<double>(bytes_of(payloads)), ideal + 50 * 4.5, 0.02 * ideal);
}

TEST(LatentCoder, OthersAreRoundedToAShareOfTheirChannelsDeviation) {
    const Latents latents = floats(60);
    for (const double step : {0.125, 1.0}) {
        const LatentCoder coder = LatentCoder::fit(latents, step);
        const auto& back = coder.decode(coder.encode(latents)).values.values;
        double squares[3] = {}, sums[3] = {}, errors[3] = {};
        for (size_t i = 0; i < back.size(); ++i) {
            const double value = latents.values.values[i];
            sums[i / 20 % 3] += value / 1200;
            squares[i / 20 % 3] += value * value / 1200;
            errors[i / 20 % 3] = std::max(errors[i / 20 % 3], std::abs(back[i] - value));
        }
        for (int c = 0; c < 3; ++c) {
            const double deviation = std::sqrt(squares[c] - sums[c] * sums[c]);
            EXPECT_LE(errors[c], 0.5001 * step * deviation);
            EXPECT_GE(errors[c], 0.4 * step * deviation);
        }
    }
    EXPECT_LT(bytes_of(LatentCoder::fit(latents, 1).encode(latents)),
              bytes_of(LatentCoder::fit(latents, 0.125).encode(latents)));
}

TEST(LatentCoder, CodesWhatItHasNotSeen) {
    const LatentCoder coder = LatentCoder::fit(floats(40), 0.125);
    Latents other = floats(20, 9);
    other.values.values[0] = -1e4F;
    other.values.values[1] = 1e6F;
    const auto& back = coder.decode(coder.encode(other)).values.values;
    for (size_t i = 0; i < 20; ++i) EXPECT_NEAR(back[i], other.values.values[i], 0.5);
    EXPECT_NEAR(back[1], 1e6, 1);
    const auto seen = floats(40), unseen = floats(40, 9);
    EXPECT_LT(bytes_of(coder.encode(unseen)), 1.1 * bytes_of(coder.encode(seen)));
}

TEST(LatentCoder, TakesChannelsThatNeverMove) {
    Latents latents;
    latents.values = Tensor({3, 2, 1, 2});
    const LatentCoder coder = LatentCoder::fit(latents, 0.125);
    EXPECT_EQ(coder.decode(coder.encode(latents)).values.values, latents.values.values);
    latents.values.values[0] = 5;  // the other channel stays still
    const LatentCoder other = LatentCoder::fit(latents, 0.125);
    EXPECT_NEAR(other.decode(other.encode(latents)).values.values[0], 5, 0.2);
}

TEST(LatentCoder, IsKeptInTensors) {
    for (const Latents& latents : {floats(7), symbols(7)}) {
        const LatentCoder coder = LatentCoder::fit(latents, 0.125);
        auto tensors = coder.tensors();
        const LatentCoder back(tensors);
        EXPECT_EQ(back.dims(), coder.dims());
        EXPECT_EQ(back.encode(latents), coder.encode(latents));
        for (size_t i = 0; i < tensors.size(); ++i) {
            auto missing = tensors;
            missing.erase(missing.begin() + static_cast<std::ptrdiff_t>(i));
            EXPECT_THROW(LatentCoder{missing}, ModelError);
        }
        tensors[0].tensor.values[0] = 5;
        EXPECT_THROW(LatentCoder{tensors}, ModelError);
        tensors[0].tensor.values[0] = std::nanf("");
        EXPECT_THROW(LatentCoder{tensors}, ModelError);
    }
}

TEST(LatentCoder, SaysWhatItCannotCode) {
    EXPECT_THAT(error_of([] { LatentCoder::fit({}, 0.125); }), HasSubstr("no latents"));
    EXPECT_THAT(error_of([] { LatentCoder::fit(floats(2), 0); }), HasSubstr("no latents"));
    Latents latents = floats(3);
    const LatentCoder coder = LatentCoder::fit(latents, 0.125);
    EXPECT_THAT(error_of([&] { coder.encode(symbols(1)); }),
                HasSubstr("tables are for latents of 3 x 4 x 5"));
    latents.values.values[7] = 1e30F;
    EXPECT_THAT(error_of([&] { coder.encode(latents); }), HasSubstr("fit them anew"));
    latents.values.values[7] = std::nanf("");
    EXPECT_THAT(error_of([&] { coder.encode(latents); }), HasSubstr("fit them anew"));
    EXPECT_THAT(error_of([&] { LatentCoder::fit(latents, 0.125); }), HasSubstr("not finite"));
}

TEST(LatentCoder, NoticesDamage) {
    for (const Latents& latents : {floats(1), symbols(1)}) {
        const LatentCoder coder = LatentCoder::fit(latents, 0.125);
        const auto payloads = coder.encode(latents);
        for (size_t size = 0; size < payloads[0].size(); ++size) {
            auto cut = payloads;
            cut[0].resize(size);
            EXPECT_THROW(coder.decode(cut), ModelError) << size;
        }
        for (size_t bit = 0; bit < 8 * payloads[0].size(); ++bit) {
            auto flipped = payloads;
            flipped[0][bit / 8] ^= std::byte{1} << bit % 8;
            EXPECT_THROW(coder.decode(flipped), ModelError) << bit;
        }
    }
}

}  // namespace
}  // namespace models
