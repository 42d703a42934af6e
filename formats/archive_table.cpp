// See archive_table.hpp.
#include "formats/archive_table.hpp"

#include "formats/digest.hpp"
#include "formats/error.hpp"

#include <charconv>

#include <fmt/format.h>
#include <zlib.h>

namespace formats {
namespace {

constexpr std::string_view magic = "latentflow table ";
constexpr size_t digits = 20;
constexpr size_t line_bytes = magic.size() + digits + 1 + digits + 1 + digest_length + 1;

uint64_t number(std::string_view text) {
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() ? value : UINT64_MAX;
}

std::string line_for(uint64_t offset, std::span<const std::byte> table) {
    return fmt::format("{}{:0{}} {:0{}} {}\n", magic, offset, digits, table.size(), digits,
                       sha256(table));
}

}  // namespace

std::vector<std::byte> deflated(std::span<const std::byte> bytes) {
    uLongf size = compressBound(bytes.size());
    std::vector<std::byte> result(size);
    if (compress2(reinterpret_cast<Bytef*>(result.data()), &size,
                  reinterpret_cast<const Bytef*>(bytes.data()), bytes.size(), 6) != Z_OK)
        throw FormatError("zlib failed to deflate");
    result.resize(size);
    return result;
}

std::vector<std::byte> inflated(std::span<const std::byte> bytes, const std::string& name,
                                uint64_t limit) {
    struct Stream : z_stream {
        Stream() : z_stream{} {
            if (inflateInit(this) != Z_OK) throw FormatError("zlib failed to begin");
        }
        ~Stream() { inflateEnd(this); }
        Stream(const Stream&) = delete;
        Stream& operator=(const Stream&) = delete;
    } stream;
    std::vector<std::byte> result;
    constexpr size_t piece = size_t{1} << 16;
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data()));
    size_t left = bytes.size();
    for (int status = Z_OK; status != Z_STREAM_END;) {
        const size_t before = result.size();
        result.resize(before + std::max(piece, before / 2));
        stream.next_out = reinterpret_cast<Bytef*>(result.data() + before);
        stream.avail_out = static_cast<uInt>(std::min<size_t>(result.size() - before, 1U << 30));
        const uInt room = stream.avail_out;
        const auto given = static_cast<uInt>(std::min<size_t>(left, 1U << 30));
        stream.avail_in = given;
        status = inflate(&stream, Z_NO_FLUSH);
        left -= given - stream.avail_in;
        result.resize(before + room - stream.avail_out);
        if (result.size() > limit) throw FormatError(name + ": inflates to more than it may");
        if (status != Z_OK && status != Z_STREAM_END)
            throw FormatError(name + ": damaged: zlib cannot inflate it");
    }
    if (left > 0) throw FormatError(name + ": damaged: something is behind its end");
    return result;
}

void append_table(hdf5::Writer& writer, std::span<const std::byte> table) {
    const std::string line = line_for(writer.append(table), table);
    writer.append(std::as_bytes(std::span(line)));
}

std::vector<std::byte> read_table(const File& file, const std::string& name) {
    const uint64_t size = file.size();
    std::string line(line_bytes, '\0');
    if (size < line_bytes ||
        file.read_at(size - line_bytes, std::as_writable_bytes(std::span(line))) != line_bytes ||
        !line.starts_with(magic))
        throw FormatError(name + ": damaged, or not whole: it does not end in a table");
    const std::string_view text = line;
    const uint64_t offset = number(text.substr(magic.size(), digits));
    const uint64_t length = number(text.substr(magic.size() + digits + 1, digits));
    if (offset > size || length != size - line_bytes - offset)
        throw FormatError(name + ": damaged: its last line does not say where its table is");
    std::vector<std::byte> table(length);
    if (file.read_at(offset, table) != length || line_for(offset, table) != line)
        throw FormatError(name + ": damaged: its table has another SHA-256 than its last line");
    return table;
}

}  // namespace formats
