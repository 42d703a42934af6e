// See event_file.hpp.
#include "graph/report/event_file.hpp"

#include <bit>

namespace graph::report {
namespace {

template <class T>
std::string little_endian(T value) {
    std::string bytes;
    for (size_t i = 0; i < sizeof(T); ++i) bytes += static_cast<char>(value >> (8 * i) & 0xFF);
    return bytes;
}

/// CRC-32C, as formats/crc32c.hpp has it for others: this folder knows no other.
uint32_t crc32c(std::string_view bytes) {
    uint32_t crc = ~uint32_t{0};
    for (const char byte : bytes) {
        crc ^= static_cast<uint8_t>(byte);
        for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78U : 0);
    }
    return ~crc;
}

/// A checksum that may itself be within what is summed up.
std::string masked_crc(std::string_view bytes) {
    return little_endian(std::rotr(crc32c(bytes), 15) + 0xA282EAD8U);
}

// Protocol buffers: a field is its number and kind, then its value.
std::string varint(uint64_t value) {
    std::string bytes;
    for (; value >= 0x80; value >>= 7) bytes += static_cast<char>((value & 0x7F) | 0x80);
    return bytes + static_cast<char>(value);
}
std::string number_field(uint32_t number, uint64_t value) {
    return varint(number << 3) + varint(value);
}
std::string double_field(uint32_t number, double value) {
    return varint(number << 3 | 1) + little_endian(std::bit_cast<uint64_t>(value));
}
std::string float_field(uint32_t number, float value) {
    return varint(number << 3 | 5) + little_endian(std::bit_cast<uint32_t>(value));
}
std::string bytes_field(uint32_t number, std::string_view value) {
    return varint(number << 3 | 2) + varint(value.size()) + std::string(value);
}

}  // namespace

EventFile::EventFile(double wall_time) {
    add_event(double_field(1, wall_time) + bytes_field(3, "brain.Event:2"));
}

void EventFile::add_scalar(std::string_view tag, int64_t step, double wall_time, double value) {
    add_value(step, wall_time, bytes_field(1, tag) + float_field(2, static_cast<float>(value)));
}

void EventFile::add_png(std::string_view tag, int64_t step, double wall_time,
                        std::string_view png) {
    constexpr size_t width_at = 16, height_at = 20;  // in the header of every PNG
    const auto big_endian = [&](size_t at) {
        uint64_t number = 0;
        for (const char byte : png.substr(at, 4)) number = number << 8 | static_cast<uint8_t>(byte);
        return number;
    };
    if (png.size() < height_at + 4) return;
    constexpr uint64_t rgb = 3;  // what a viewer makes of it
    add_value(step, wall_time,
              bytes_field(1, tag) + bytes_field(4, number_field(1, big_endian(height_at)) +
                                                       number_field(2, big_endian(width_at)) +
                                                       number_field(3, rgb) + bytes_field(4, png)));
}

void EventFile::add_value(int64_t step, double wall_time, const std::string& value) {
    add_event(double_field(1, wall_time) + number_field(2, static_cast<uint64_t>(step)) +
              bytes_field(5, bytes_field(1, value)));
}

void EventFile::add_event(const std::string& event) {
    const std::string length = little_endian(static_cast<uint64_t>(event.size()));
    bytes_ += length + masked_crc(length) + event + masked_crc(event);
}

}  // namespace graph::report
