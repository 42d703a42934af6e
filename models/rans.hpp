// The entropy coder: a stream of choices to bytes and back, at the cost of each choice's
// probability, in integers only, so that the same bytes mean the same choices on every machine.
// Range asymmetric numeral systems (Duda 2013, "Asymmetric numeral systems: entropy coding ...",
// arXiv:1311.2540) with a 64-bit state that takes in and gives out 32 bits at a time (as Giesen's
// rans64).
//
// A payload is the state, in 5 to 8 bytes, then words of 4 bytes, all little-endian. Its length
// says how many bytes the state has: 5 + (length - 5) % 4. The state at the end is that of the
// beginning, 2^31, so that a decoder sees whether it has read what was written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace models {

inline constexpr int probability_bits = 16;
inline constexpr uint32_t certainty = uint32_t{1} << probability_bits;

/// Takes choices in the order in which they will be decoded.
class RansEncoder {
  public:
    /// A choice that has the places [start, start + frequency) of 65536; frequency > 0.
    void put(uint32_t start, uint32_t frequency) { choices_.push_back({start, frequency}); }
    /// The lowest `bits` bits of a number, 1 to 16 of them, as they are.
    void put_bits(uint32_t value, int bits) {
        const int spare = probability_bits - bits;
        put((value << spare) & (certainty - 1), uint32_t{1} << spare);
    }
    /// The payload; begins anew.
    std::vector<std::byte> finish();

  private:
    struct Choice {
        uint32_t start, frequency;
    };
    std::vector<Choice> choices_;  // the last one is coded first
};

/// Never reads outside its bytes. Throws ModelError as soon as they cannot be what an encoder
/// wrote.
class RansDecoder {
  public:
    explicit RansDecoder(std::span<const std::byte> payload);

    /// Which of the 65536 places the next choice has; take() must follow, with that choice.
    uint32_t peek() const { return static_cast<uint32_t>(state_) & (certainty - 1); }
    void take(uint32_t start, uint32_t frequency) {
        state_ = frequency * (state_ >> probability_bits) + peek() - start;
        if (state_ < lowest) read_word();
    }
    uint32_t take_bits(int bits) {
        const int spare = probability_bits - bits;
        const uint32_t value = peek() >> spare;
        take(value << spare, uint32_t{1} << spare);
        return value;
    }
    /// Throws ModelError unless everything has been read and the state is the first one again.
    void finish() const;

    static constexpr uint64_t lowest = uint64_t{1} << 31;  // the state is in [2^31, 2^63)

  private:
    void read_word() {
        if (rest_.empty()) run_dry();
        uint64_t word = 0;
        for (size_t i = 0; i < 4; ++i) word |= std::to_integer<uint64_t>(rest_[i]) << (8 * i);
        state_ = state_ << 32 | word;
        rest_ = rest_.subspan(4);
    }
    [[noreturn]] static void run_dry();

    uint64_t state_ = 0;
    std::span<const std::byte> rest_;  // whole words
};

}  // namespace models
