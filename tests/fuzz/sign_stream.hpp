// Makes the digests of a mutated stream right, as far as it can be taken apart (formats/stream.md).
#pragma once

#include "formats/crc32c.hpp"
#include "formats/short_digest.hpp"

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace fuzz {

class StreamSigner {
  public:
    explicit StreamSigner(std::span<std::byte> bytes) : bytes_(bytes) {}

    void sign(const formats::ShortDigest& model) {
        at_ = 4;
        const uint64_t flags = number(1), tile = uint64_t{64} << (number(1) >> 4);
        at_ += 1;
        const uint64_t width = varint(), height = varint();
        const uint64_t planes = flags & 2 ? varint() * varint() : 1;
        if (flags & 4) at_ += 2;
        if (left() >= model.size()) std::ranges::copy(model, bytes_.begin() + at_);
        at_ += model.size() + formats::ShortDigest().size();
        for (uint64_t tags = flags & 8 ? varint() : 0; tags > 0 && left() > 0; --tags) {
            at_ += 2;
            at_ += std::min(varint(), left());
        }
        const uint64_t count =
            planes * (width / tile + (width % tile > 0)) * (height / tile + (height % tile > 0));
        std::vector<std::pair<size_t, uint64_t>> tiles;  // where the CRC is, and the size
        while (tiles.size() < count && left() > 0) {
            const uint64_t payload = varint();
            tiles.emplace_back(at_, payload);
            at_ += 4;
        }
        const size_t end = at_;
        at_ += 4;
        for (const auto& [crc, payload] : tiles) {
            const uint64_t there = std::min(payload, left());
            if (there == payload) put(crc, bytes_.subspan(at_, there));
            at_ += there;
        }
        put(end, bytes_.first(std::min(end, bytes_.size())));
    }

  private:
    uint64_t left() const { return at_ < bytes_.size() ? bytes_.size() - at_ : 0; }
    uint64_t number(size_t count) {
        uint64_t value = 0;
        for (size_t i = 0; i < count && left() > 0; ++i)
            value |= std::to_integer<uint64_t>(bytes_[at_++]) << (8 * i);
        return value;
    }
    uint64_t varint() {
        uint64_t value = 0;
        for (int shift = 0; shift < 63; shift += 7) {
            const uint64_t byte = number(1);
            value |= (byte & 127) << shift;
            if (byte < 128) break;
        }
        return value;
    }
    void put(size_t place, std::span<const std::byte> of) {
        const uint32_t crc = formats::crc32c(of);
        for (size_t i = 0; i < 4 && place + i < bytes_.size(); ++i)
            bytes_[place + i] = static_cast<std::byte>(crc >> (8 * i) & 0xFF);
    }

    std::span<std::byte> bytes_;
    size_t at_ = 0;
};

inline void sign_stream(std::span<std::byte> bytes, const formats::ShortDigest& model) {
    StreamSigner(bytes).sign(model);
}

}  // namespace fuzz
