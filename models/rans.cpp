// See rans.hpp.
#include "models/rans.hpp"

#include "models/model.hpp"

#include <algorithm>
#include <bit>

namespace models {

namespace {

constexpr size_t least_bytes = 5, most_bytes = 8;  // of the state

void append(std::vector<std::byte>& bytes, uint64_t value, size_t count) {
    for (size_t i = 0; i < count; ++i)
        bytes.push_back(static_cast<std::byte>(value >> (8 * i) & 0xFF));
}

}  // namespace

std::vector<std::byte> RansEncoder::finish() {
    uint64_t state = RansDecoder::lowest;
    std::vector<uint32_t> words;
    for (auto choice = choices_.rbegin(); choice != choices_.rend(); ++choice) {
        const auto [start, frequency] = *choice;
        // From here on the state would leave its range.
        const uint64_t limit = (RansDecoder::lowest >> probability_bits << 32) * frequency;
        if (state >= limit) {
            words.push_back(static_cast<uint32_t>(state));
            state >>= 32;
        }
        state = (state / frequency << probability_bits) + state % frequency + start;
    }
    choices_.clear();

    const size_t count = (static_cast<size_t>(std::bit_width(state)) + 7) / 8;
    std::vector<std::byte> payload;
    payload.reserve(most_bytes + 4 * words.size());
    append(payload, state, std::max(count, least_bytes));
    for (auto word = words.rbegin(); word != words.rend(); ++word) append(payload, *word, 4);
    return payload;
}

RansDecoder::RansDecoder(std::span<const std::byte> payload) {
    if (payload.size() < least_bytes)
        throw ModelError("the coded latent is damaged: it is shorter than any");
    const size_t count = least_bytes + (payload.size() - least_bytes) % 4;
    for (size_t i = 0; i < count; ++i) state_ |= std::to_integer<uint64_t>(payload[i]) << (8 * i);
    if (state_ < lowest || state_ >> 63 != 0)
        throw ModelError("the coded latent is damaged: it begins as none does");
    rest_ = payload.subspan(count);
}

void RansDecoder::finish() const {
    if (!rest_.empty() || state_ != lowest)
        throw ModelError("the coded latent is damaged: it does not end where it should");
}

void RansDecoder::run_dry() {
    throw ModelError("the coded latent is damaged: it ends before its last value");
}

}  // namespace models
