// The pictures that a run drew, such as originals above reconstructions. What they show stands in
// the files themselves: a PNG carries a text of the name Description.
#include "graph/report/csv_text.hpp"
#include "graph/report/html.hpp"
#include "graph/report/sections.hpp"

#include <optional>

#include <fmt/format.h>

namespace graph::report {
namespace {

constexpr uintmax_t largest_picture = 10'000'000;  // bytes
constexpr uintmax_t largest_sum = 30'000'000;
constexpr size_t most_pictures = 24;
constexpr uint32_t small_width = 400;  // pixels up to which a picture is not made wider

uint32_t big_endian(std::string_view bytes) {
    uint32_t number = 0;
    for (const char byte : bytes.substr(0, 4)) number = number << 8 | static_cast<uint8_t>(byte);
    return number;
}

struct Png {
    uint32_t width = 0, height = 0;
    std::string description;
};

/// Nothing if it is no PNG.
std::optional<Png> read_png(std::string_view bytes) {
    constexpr size_t header = 8, chunk_frame = 12;  // length, type and checksum
    constexpr std::string_view keyword{"Description\0", 12};
    if (!bytes.starts_with("\x89PNG\r\n\x1a\n")) return std::nullopt;
    Png png;
    bytes.remove_prefix(header);
    while (bytes.size() >= chunk_frame) {
        const size_t length = big_endian(bytes);
        if (length > bytes.size() - chunk_frame) break;
        const std::string_view type = bytes.substr(4, 4), data = bytes.substr(8, length);
        if (type == "IHDR" && length >= 8) {
            png.width = big_endian(data);
            png.height = big_endian(data.substr(4));
        }
        if (type == "tEXt" && data.starts_with(keyword))
            png.description = data.substr(keyword.size());
        bytes.remove_prefix(chunk_frame + length);
    }
    return png.width > 0 && png.height > 0 ? std::optional(png) : std::nullopt;
}

}  // namespace

std::string picture(const std::filesystem::path& file, const std::string& title) {
    std::error_code error;
    const uintmax_t size = std::filesystem::file_size(file, error);
    if (error) return {};
    if (size > largest_picture)
        return fmt::format("<p class=note>{} ({}) is too large to be shown here.</p>\n",
                           escape(title), byte_size(size));
    const std::string bytes = read_bytes(file);
    const auto png = read_png(bytes);
    if (!png) return {};
    const std::string text = escape(png->description);
    return fmt::format(
        "<figure class=\"picture{}\"><figcaption><b>{}</b> <span class=note>{}</span></figcaption>"
        "<div class=wide tabindex=0><img width={} height={} alt=\"{}\" "
        "src=\"{}\"></div></figure>\n",
        png->width <= small_width ? " small" : "", escape(title), text, png->width, png->height,
        text.empty() ? escape(title) : text, data_url("image/png", bytes));
}

std::string pictures_part(const Record& record) {
    std::string text;
    uintmax_t sum = 0;
    size_t left_out = 0, shown = 0;
    for (const auto& file : record.files_like(".png")) {
        std::error_code error;
        const uintmax_t size = std::filesystem::file_size(file, error);
        if (shown == most_pictures || sum + size > largest_sum) {
            ++left_out;
            continue;
        }
        const std::string figure = picture(file, file.filename().string());
        text += figure;
        if (figure.empty()) continue;
        ++shown;
        if (size <= largest_picture) sum += size;
    }
    if (left_out > 0)
        text += fmt::format("<p class=note>{} more PNG files are in the folder.</p>\n", left_out);
    return text;
}

}  // namespace graph::report
