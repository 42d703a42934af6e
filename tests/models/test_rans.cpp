// The entropy coder: what goes in comes out, at its price, and damage is noticed.
#include "models/model.hpp"
#include "models/rans.hpp"

#include <cmath>
#include <random>

#include <gmock/gmock.h>

namespace models {
namespace {

struct Choice {
    uint32_t start, frequency;
};

/// Of all sizes, from 1 place to nearly all.
std::vector<Choice> random_choices(size_t count, uint32_t seed) {
    std::mt19937 random(seed);
    std::vector<Choice> choices;
    while (choices.size() < count) {
        const uint32_t size = random() % certainty >> random() % 16;
        const auto start = static_cast<uint32_t>(random() % (certainty - size));
        choices.push_back({start, size + 1});
    }
    return choices;
}

std::vector<std::byte> encoded(const std::vector<Choice>& choices) {
    RansEncoder encoder;
    for (const auto& [start, frequency] : choices) encoder.put(start, frequency);
    return encoder.finish();
}

/// How many choices came back; throws if the payload's end is not as it should be.
size_t decoded(std::span<const std::byte> payload, const std::vector<Choice>& choices) {
    RansDecoder decoder(payload);
    size_t same = 0;
    for (const auto& [start, frequency] : choices) {
        const uint32_t place = decoder.peek();
        if (place < start || place >= start + frequency) break;
        decoder.take(start, frequency);
        ++same;
    }
    decoder.finish();
    return same;
}

std::string hex(std::span<const std::byte> bytes) {
    std::string text;
    for (const std::byte byte : bytes)
        for (const int shift : {4, 0})
            text += "0123456789abcdef"[std::to_integer<size_t>(byte) >> shift & 15];
    return text;
}

TEST(Rans, GivesBackWhatWentInAtItsPrice) {
    for (const size_t count : {size_t{0}, size_t{1}, size_t{2}, size_t{5}, size_t{100000}}) {
        const auto choices = random_choices(count, static_cast<uint32_t>(count));
        const auto payload = encoded(choices);
        EXPECT_EQ(decoded(payload, choices), count);
        double bits = 0;
        for (const Choice& choice : choices) bits += 16 - std::log2(choice.frequency);
        EXPECT_GE(payload.size() * 8.0, bits);
        EXPECT_LE(payload.size() * 8.0, bits + 48);  // the first state's 31 bits and rounding
    }
}

TEST(Rans, TakesBitsAsTheyAre) {
    RansEncoder encoder;
    for (int bits = 1; bits <= 16; ++bits) {
        encoder.put_bits(0xFFFF, bits);
        encoder.put_bits(0, bits);
        encoder.put_bits(0x5A5A5A5A, bits);
    }
    const auto payload = encoder.finish();
    RansDecoder decoder(payload);
    for (int bits = 1; bits <= 16; ++bits) {
        EXPECT_EQ(decoder.take_bits(bits), (1U << bits) - 1);
        EXPECT_EQ(decoder.take_bits(bits), 0U);
        EXPECT_EQ(decoder.take_bits(bits), 0x5A5A5A5AU & ((1U << bits) - 1));
    }
    decoder.finish();
}

// Made by a program of its own: bytes that were written once are read for ever.
TEST(Rans, BytesStayAsTheyWere) {
    EXPECT_EQ(hex(encoded({})), "0000008000");
    EXPECT_EQ(hex(encoded({{0, 65535}, {65535, 1}, {100, 7}, {32768, 32768}, {5, 60000}})),
              "d347d4476e47f227");
    std::vector<Choice> many;
    for (uint32_t i = 0; i < 12; ++i) many.push_back({i * 5000, 40 + i});
    EXPECT_EQ(hex(encoded(many)), "2600496dc1f20c1fb03a07673f75c145c9af31da");
}

TEST(Rans, NoticesWhatIsCutOffOrAdded) {
    const auto choices = random_choices(300, 1);
    auto payload = encoded(choices);
    for (size_t size = 0; size < payload.size(); ++size)
        EXPECT_THROW(decoded(std::span(payload).first(size), choices), ModelError) << size;
    for (int i = 0; i < 9; ++i) {
        payload.push_back(std::byte{0});
        EXPECT_THROW(decoded(payload, choices), ModelError) << i;
    }
}

TEST(Rans, NoticesEveryFlippedBit) {
    const auto choices = random_choices(300, 2);
    const auto payload = encoded(choices);
    for (size_t bit = 0; bit < 8 * payload.size(); ++bit) {
        auto flipped = payload;
        flipped[bit / 8] ^= std::byte{1} << bit % 8;
        EXPECT_THROW(decoded(flipped, choices), ModelError) << bit;
    }
}

}  // namespace
}  // namespace models
