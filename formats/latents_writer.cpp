// See latents_file.hpp: the half that writes.
#include "formats/digest.hpp"
#include "formats/hdf5_file.hpp"
#include "formats/latents_file.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <optional>

#include <fmt/format.h>
#include <hdf5_hl.h>

namespace formats {

namespace {

using hdf5::call;
using hdf5::Handle;

/// One value per image besides the latents themselves.
struct Columns {
    Handle path, sha256, split, page, height, width;
};

void check_header(const LatentsHeader& header, const std::string& place) {
    const auto& centres = header.centres;
    const bool ascending =
        std::adjacent_find(centres.begin(), centres.end(), std::greater_equal<>()) == centres.end();
    if (header.channels < 1 || header.height < 1 || header.width < 1)
        throw FormatError(fmt::format("{}: latents of {} x {} x {}", place, header.channels,
                                      header.height, header.width));
    if (centres.size() > 256 || !ascending)
        throw FormatError(fmt::format("{}: {} centres; at most 256, ascending, are stored", place,
                                      centres.size()));
}

/// The index of the centre that the value is, but for rounding.
std::optional<uint8_t> symbol_of(float value, const std::vector<float>& centres) {
    const auto after = std::lower_bound(centres.begin(), centres.end(), value);
    auto nearest = after == centres.end() ? after - 1 : after;
    if (after != centres.begin() && value - *(after - 1) < *nearest - value) nearest = after - 1;
    constexpr float rounding = 1e-5F;
    if (!(std::abs(value - *nearest) <= rounding * std::max(1.0F, std::abs(*nearest))))
        return std::nullopt;
    return static_cast<uint8_t>(nearest - centres.begin());
}

/// Rows of a chunk, such that it is about 256 KiB: enough to compress, and few fit in memory.
hsize_t rows_per_chunk(uint64_t row_bytes) {
    return std::clamp<uint64_t>((uint64_t{1} << 18) / row_bytes, 1, 1024);
}

template <class T, class Get>
std::vector<T> column(std::span<const LatentSource> sources, Get get) {
    std::vector<T> values;
    values.reserve(sources.size());
    for (const auto& source : sources) values.push_back(get(source));
    return values;
}

}  // namespace

struct LatentsWriter::State {
    hdf5::Writer writer;
    LatentsHeader header;
    std::string place;
    Handle latents, image;
    Columns columns;
    uint64_t rows = 0;

    State(const std::filesystem::path& path, LatentsHeader h, Publish how)
        : writer(path, how), header(std::move(h)), place(path.string()) {
        const hid_t file = writer.file();
        hdf5::write_attribute(file, "format", latents_format);
        hdf5::write_attribute(file, "version", latents_version);
        hdf5::write_attribute(file, "model", header.model);
        hdf5::write_attribute(file, "bits_per_pixel", header.bits_per_pixel);
        hdf5::write_attribute(file, "checkpoint", header.checkpoint);
        hdf5::write_attribute(file, "generative", int64_t{header.generative});

        image = create("image", H5T_STD_I64LE, "");
        const bool symbols = !header.centres.empty();
        const std::array<hsize_t, 4> dims{0, hsize_t(header.channels), hsize_t(header.height),
                                          hsize_t(header.width)};
        const hsize_t rows_each = rows_per_chunk(header.values() * (symbols ? 1 : sizeof(float)));
        latents =
            hdf5::create_dataset(file, "latents", symbols ? H5T_STD_U8LE : H5T_IEEE_F32LE, dims,
                                 {.chunk = {rows_each, dims[1], dims[2], dims[3]}, .deflate = 4});
        hdf5::write_attribute(latents, "units", symbols ? "index into centres" : "1");
        hdf5::name_dimension(latents, 0, image, "image");
        name_fixed("channel", 1);
        name_fixed("y", 2);
        name_fixed("x", 3);
        if (symbols) write_centres();

        const Handle text = hdf5::text_type();
        columns.path = described("path", text, "");
        columns.sha256 = described("sha256", hdf5::fixed_text(digest_length), "");
        columns.split = described("split", text, "");
        columns.page = described("page", H5T_STD_I32LE, "");
        columns.height = described("height", H5T_STD_I32LE, "pixel");
        columns.width = described("width", H5T_STD_I32LE, "pixel");
    }

    Handle create(const std::string& name, hid_t type, const std::string& units) const {
        const std::array<hsize_t, 1> none{0};
        Handle dataset =
            hdf5::create_dataset(writer.file(), name, type, none, {.chunk = {1024}, .deflate = 4});
        if (!units.empty()) hdf5::write_attribute(dataset, "units", units);
        return dataset;
    }

    Handle described(const std::string& name, hid_t type, const std::string& units) const {
        Handle dataset = create(name, type, units);
        hdf5::name_dimension(dataset, 0, image, "image");
        return dataset;
    }

    /// A scale 0, 1, 2, ... for a dimension that does not grow.
    void name_fixed(const std::string& name, unsigned dimension) const {
        std::vector<int64_t> places(hdf5::dims(latents)[dimension]);
        std::iota(places.begin(), places.end(), int64_t{0});
        const std::array<hsize_t, 1> size{places.size()};
        const Handle scale = hdf5::create_dataset(writer.file(), name, H5T_STD_I64LE, size);
        hdf5::write_rows(scale, H5T_NATIVE_INT64, 0, size[0], places.data());
        hdf5::name_dimension(latents, dimension, scale, name);
    }

    void write_centres() const {
        const std::array<hsize_t, 1> size{header.centres.size()};
        const Handle centres = hdf5::create_dataset(writer.file(), "centres", H5T_IEEE_F32LE, size);
        call(place, H5DSset_label, centres, 0U, "symbol");
        hdf5::write_rows(centres, H5T_NATIVE_FLOAT, 0, size[0], header.centres.data());
    }

    void write_values(std::span<const float> values, hsize_t count) const {
        const auto refuse = [&](size_t i, const char* why) {
            throw FormatError(fmt::format("{}: image {}: the latent {} {}", place,
                                          rows + i / header.values(), values[i], why));
        };
        if (header.centres.empty()) {
            for (size_t i = 0; i < values.size(); ++i)
                if (!std::isfinite(values[i])) refuse(i, "is not finite");
            hdf5::write_rows(latents, H5T_NATIVE_FLOAT, rows, count, values.data());
            return;
        }
        std::vector<uint8_t> symbols(values.size());
        for (size_t i = 0; i < values.size(); ++i) {
            const auto symbol = symbol_of(values[i], header.centres);
            if (!symbol) refuse(i, "is none of the centres");
            symbols[i] = *symbol;
        }
        hdf5::write_rows(latents, H5T_NATIVE_UINT8, rows, count, symbols.data());
    }

    /// All digests as the fixed-length texts that are stored; "" is stored as zeros.
    std::string digests(std::span<const LatentSource> sources) const {
        std::string text;
        for (const auto& source : sources) {
            if (!source.sha256.empty() && source.sha256.size() != digest_length)
                throw FormatError(place + ": '" + source.sha256 + "' is no SHA-256");
            text += source.sha256;
            text.resize(text.size() + digest_length - source.sha256.size());
        }
        return text;
    }

    void write_sources(std::span<const LatentSource> sources, const std::string& digests) const {
        const hsize_t count = sources.size();
        const Handle text = hdf5::text_type();
        const auto write = [&](const Handle& dataset, hid_t type, const auto& values) {
            hdf5::write_rows(dataset, type, rows, count, values.data());
        };
        std::vector<int64_t> numbers(count);
        std::iota(numbers.begin(), numbers.end(), static_cast<int64_t>(rows));
        write(image, H5T_NATIVE_INT64, numbers);
        write(columns.path, text,
              column<const char*>(sources, [](const auto& s) { return s.path.c_str(); }));
        write(columns.split, text,
              column<const char*>(sources, [](const auto& s) { return s.split.c_str(); }));
        write(columns.sha256, hdf5::fixed_text(digest_length), digests);
        write(columns.page, H5T_NATIVE_INT,
              column<int>(sources, [](const auto& s) { return s.page; }));
        write(columns.height, H5T_NATIVE_INT,
              column<int>(sources, [](const auto& s) { return s.height; }));
        write(columns.width, H5T_NATIVE_INT,
              column<int>(sources, [](const auto& s) { return s.width; }));
    }
};

LatentsWriter::LatentsWriter(const std::filesystem::path& path, LatentsHeader header, Publish how) {
    check_header(header, path.string());
    state_ = std::make_unique<State>(path, std::move(header), how);
}

LatentsWriter::~LatentsWriter() = default;

void LatentsWriter::append(std::span<const LatentSource> sources, std::span<const float> values) {
    if (sources.empty()) return;
    if (values.size() != sources.size() * state_->header.values())
        throw FormatError(fmt::format("{}: {} latents for {} images of {} each", state_->place,
                                      values.size(), sources.size(), state_->header.values()));
    const std::string digests = state_->digests(sources);
    state_->write_values(values, sources.size());
    state_->write_sources(sources, digests);
    state_->rows += sources.size();
    state_->writer.check();  // a full disk is no reason to go on for hours
}

uint64_t LatentsWriter::size() const { return state_->rows; }

bool LatentsWriter::commit() {
    state_->columns = {};
    state_->latents = {};
    state_->image = {};
    return state_->writer.commit();
}

}  // namespace formats
