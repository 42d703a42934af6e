// See archive_entry.hpp.
#include "formats/archive_entry.hpp"

#include "formats/csv.hpp"
#include "formats/digest.hpp"
#include "formats/error.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <utility>

#include <fmt/format.h>

namespace formats {
namespace {

constexpr std::array<std::pair<Coding, const char*>, 4> codings{{{Coding::stream, "stream"},
                                                                 {Coding::jpegxl, "jpegxl"},
                                                                 {Coding::original, "original"},
                                                                 {Coding::latents, "latents"}}};

[[noreturn]] void refuse(const std::string& name, std::string_view what, std::string_view text) {
    throw FormatError(fmt::format("{}: '{}' is no {}", name, text, what));
}

template <class T>
T number(std::string_view text, const std::string& name) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) refuse(name, "number", text);
    return value;
}

std::string real(double value) { return std::isnan(value) ? "" : csv_number(value); }
double parse_real(const std::string& text, const std::string& name) {
    return text.empty() ? ArchiveEntry::unknown : number<double>(text, name);
}

std::string list(const std::vector<uint64_t>& values) {
    return fmt::format("{}", fmt::join(values, " "));
}
std::vector<uint64_t> parse_list(std::string_view text, const std::string& name) {
    std::vector<uint64_t> values;
    while (!text.empty()) {
        const size_t end = std::min(text.find(' '), text.size());
        values.push_back(number<uint64_t>(text.substr(0, end), name));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return values;
}

void check_digest(const std::string& text, bool may_be_empty, const std::string& name) {
    if (text.empty() && may_be_empty) return;
    if (text.size() != digest_length ||
        text.find_first_not_of("0123456789abcdef") != std::string::npos)
        refuse(name, "SHA-256", text);
}

/// One column of the table: how it is written, and how it is read.
struct Column {
    const char* name;
    std::function<std::string(const ArchiveEntry&)> write;
    std::function<void(ArchiveEntry&, const std::string&, const std::string& place)> read;
};

template <class Get>
Column natural(const char* name, Get get) {
    return {name, [get](const ArchiveEntry& e) { return std::to_string(get(e)); },
            [get](ArchiveEntry& e, const std::string& text, const std::string& place) {
                get(e) = number<uint64_t>(text, place);
            }};
}
template <class Get>
Column text(const char* name, Get get) {
    return {
        name, [get](const ArchiveEntry& e) { return get(e); },
        [get](ArchiveEntry& e, const std::string& value, const std::string&) { get(e) = value; }};
}
template <class Get>
Column measured(const char* name, Get get) {
    return {name, [get](const ArchiveEntry& e) { return real(get(e)); },
            [get](ArchiveEntry& e, const std::string& text, const std::string& place) {
                get(e) = parse_real(text, place);
            }};
}
template <class Get>
Column numbers(const char* name, Get get) {
    return {name, [get](const ArchiveEntry& e) { return list(get(e)); },
            [get](ArchiveEntry& e, const std::string& text, const std::string& place) {
                get(e) = parse_list(text, place);
            }};
}

const std::vector<Column>& columns() {
    using E = ArchiveEntry;
    static const std::vector<Column> all{
        text(
            "path", [](auto& e) -> auto& { return e.path; }),
        text(
            "sha256", [](auto& e) -> auto& { return e.sha256; }),
        natural(
            "size", [](auto& e) -> auto& { return e.size; }),
        {"coding", [](const E& e) { return std::string(name(e.coding)); },
         [](E& e, const std::string& value, const std::string& place) {
             const auto* found = std::ranges::find_if(
                 codings, [&](const auto& one) { return value == one.second; });
             if (found == codings.end()) refuse(place, "coding", value);
             e.coding = found->first;
         }},
        natural(
            "width", [](auto& e) -> auto& { return e.width; }),
        natural(
            "height", [](auto& e) -> auto& { return e.height; }),
        natural(
            "channels", [](auto& e) -> auto& { return e.channels; }),
        natural(
            "pages", [](auto& e) -> auto& { return e.pages; }),
        text(
            "type", [](auto& e) -> auto& { return e.type; }),
        measured(
            "psnr", [](auto& e) -> auto& { return e.psnr; }),
        measured(
            "ssim", [](auto& e) -> auto& { return e.ssim; }),
        measured(
            "max_error", [](auto& e) -> auto& { return e.max_error; }),
        natural(
            "offset", [](auto& e) -> auto& { return e.data.offset; }),
        natural(
            "length", [](auto& e) -> auto& { return e.data.length; }),
        text(
            "digest", [](auto& e) -> auto& { return e.data.sha256; }),
        numbers(
            "parts", [](auto& e) -> auto& { return e.parts; }),
        natural(
            "latents_offset", [](auto& e) -> auto& { return e.latents.offset; }),
        natural(
            "latents_length", [](auto& e) -> auto& { return e.latents.length; }),
        text(
            "latents_digest", [](auto& e) -> auto& { return e.latents.sha256; }),
        numbers(
            "latents_of", [](auto& e) -> auto& { return e.latent_of; }),
        text(
            "model", [](auto& e) -> auto& { return e.model; }),
        {"tags", [](const E& e) { return tags_text(e.tags); },
         [](E& e, const std::string& value, const std::string& place) {
             e.tags = parse_tags(value, place);
         }},
    };
    return all;
}

void check(const ArchiveEntry& entry, const std::string& place) {
    check_digest(entry.sha256, false, place);
    check_digest(entry.data.sha256, entry.data.length == 0, place);
    check_digest(entry.latents.sha256, entry.latents.length == 0, place);
    if (!is_safe_path(entry.path)) refuse(place, "path below a folder", entry.path);
    uint64_t sum = 0;
    for (const uint64_t part : entry.parts) sum += std::min(part, entry.data.length + 1);
    if (!entry.parts.empty() && sum != entry.data.length)
        throw FormatError(place + ": its parts are not the whole");
}

}  // namespace

const char* name(Coding coding) {
    return std::ranges::find(codings, coding, &std::pair<Coding, const char*>::first)->second;
}

const char* short_name(SampleType type) {
    switch (type) {
        case SampleType::u8:
            return "u8";
        case SampleType::u16:
            return "u16";
        case SampleType::s16:
            return "s16";
        case SampleType::f32:
            return "f32";
    }
    return "";
}

std::string entries_csv(std::span<const ArchiveEntry> entries) {
    Table table;
    for (const Column& column : columns()) table.columns.emplace_back(column.name);
    table.rows.reserve(entries.size());
    for (const ArchiveEntry& entry : entries) {
        auto& row = table.rows.emplace_back();
        for (const Column& column : columns()) row.push_back(column.write(entry));
    }
    return to_csv(table);
}

std::vector<ArchiveEntry> parse_entries(std::string_view csv, const std::string& name) {
    const Table table = parse_csv(csv, name);
    std::vector<std::pair<size_t, const Column*>> known;
    for (const Column& column : columns()) {
        const auto found = std::ranges::find(table.columns, column.name);
        if (found == table.columns.end())
            throw FormatError(fmt::format("{}: there is no column '{}'", name, column.name));
        known.emplace_back(found - table.columns.begin(), &column);
    }
    std::vector<ArchiveEntry> entries(table.rows.size());
    for (size_t i = 0; i < entries.size(); ++i) {
        const std::string place = fmt::format("{}:{}", name, i + 2);
        for (const auto& [at, column] : known) column->read(entries[i], table.rows[i][at], place);
        check(entries[i], place);
    }
    return entries;
}

std::string tags_text(const TiffTags& tags) {
    std::string text;
    for (const auto& [tag, value] : tags) {
        text += fmt::format("{}{}=", text.empty() ? "" : ";", tag);
        for (const std::byte byte : value) {
            const auto c = std::to_integer<unsigned char>(byte);
            if (c < ' ' || c > '~' || c == '\\' || c == ';')
                text += fmt::format("\\x{:02x}", c);
            else
                text += static_cast<char>(c);
        }
    }
    return text;
}

TiffTags parse_tags(std::string_view text, const std::string& name) {
    TiffTags tags;
    while (!text.empty()) {
        const size_t end = std::min(text.find(';'), text.size());
        std::string_view one = text.substr(0, end);
        const size_t equals = one.find('=');
        if (equals == std::string_view::npos) refuse(name, "tag", one);
        auto& value = tags[number<uint16_t>(one.substr(0, equals), name)];
        for (size_t i = equals + 1; i < one.size(); ++i) {
            if (one[i] != '\\') {
                value.push_back(static_cast<std::byte>(one[i]));
                continue;
            }
            unsigned char byte = 0;
            const char* digits = one.data() + i + 2;
            if (i + 4 > one.size() || one[i + 1] != 'x' ||
                std::from_chars(digits, digits + 2, byte, 16).ptr != digits + 2)
                refuse(name, "tag", one);
            value.push_back(std::byte{byte});
            i += 3;
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return tags;
}

bool is_safe_path(std::string_view path) {
    if (path.empty() || path.find('\0') != std::string_view::npos) return false;
    for (size_t begin = 0; begin <= path.size();) {
        const size_t end = std::min(path.find('/', begin), path.size());
        const std::string_view part = path.substr(begin, end - begin);
        if (part.empty() || part == "." || part == "..") return false;
        begin = end + 1;
    }
    return true;
}

}  // namespace formats
