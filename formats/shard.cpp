// See shard.hpp.
#include "formats/shard.hpp"

#include "formats/archive_table.hpp"
#include "formats/digest.hpp"
#include "formats/hdf5_columns.hpp"
#include "formats/hdf5_file.hpp"

#include <array>

#include <fmt/format.h>

namespace formats {
namespace {

using hdf5::call;

template <class Get>
auto column(std::span<const ArchiveEntry> entries, Get get) {
    std::vector<std::decay_t<decltype(get(entries[0]))>> values;
    values.reserve(entries.size());
    for (const ArchiveEntry& entry : entries) values.push_back(get(entry));
    return values;
}

std::string text(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Where a contiguous dataset of these bytes begins in the file.
uint64_t write_bytes(hid_t file, const std::string& name, std::span<const std::byte> bytes) {
    const std::array<hsize_t, 1> dims{bytes.size()};
    const auto dataset = hdf5::create_dataset(file, name, H5T_STD_U8LE, dims);
    if (bytes.empty()) return 0;
    hdf5::write_rows(dataset, H5T_NATIVE_UINT8, 0, bytes.size(), bytes.data());
    const auto lock = hdf5::enter();
    const haddr_t offset = H5Dget_offset(dataset);
    if (offset == HADDR_UNDEF) hdf5::fail(name);
    return offset;
}

void append(std::vector<std::byte>& to, Blob& blob, std::span<const std::byte> bytes) {
    blob = {to.size(), bytes.size(), bytes.empty() ? "" : sha256(bytes)};
    to.insert(to.end(), bytes.begin(), bytes.end());
}

void write_columns(hid_t file, std::span<const ArchiveEntry> entries) {
    const auto write = [&](const char* name, const auto& values, const auto&... more) {
        hdf5::write_column(file, name, std::span(values.data(), values.size()), more...);
    };
    using E = ArchiveEntry;
    constexpr size_t coding_length = 8, type_length = 3, model_length = 16;
    write("path", column(entries, [](const E& e) { return e.path; }));
    write("sha256", column(entries, [](const E& e) { return e.sha256; }), digest_length);
    write("size", column(entries, [](const E& e) { return e.size; }), "byte");
    write("coding", column(entries, [](const E& e) { return std::string(name(e.coding)); }),
          coding_length);
    write("model", column(entries, [](const E& e) { return e.model; }), model_length);
    write("width", column(entries, [](const E& e) { return e.width; }), "pixel");
    write("height", column(entries, [](const E& e) { return e.height; }), "pixel");
    write("channels", column(entries, [](const E& e) { return e.channels; }));
    write("pages", column(entries, [](const E& e) { return e.pages; }));
    write("type", column(entries, [](const E& e) { return e.type; }), type_length);
    write("tags", column(entries, [](const E& e) { return tags_text(e.tags); }));
    write("psnr", column(entries, [](const E& e) { return e.psnr; }), "dB");
    write("ssim", column(entries, [](const E& e) { return e.ssim; }), "1");
    write("max_error", column(entries, [](const E& e) { return e.max_error; }), "grey level");
    write("offset", column(entries, [](const E& e) { return e.data.offset; }), "byte");
    write("length", column(entries, [](const E& e) { return e.data.length; }), "byte");
    write("digest", column(entries, [](const E& e) { return e.data.sha256; }), digest_length);
    write("latents_offset", column(entries, [](const E& e) { return e.latents.offset; }), "byte");
    write("latents_length", column(entries, [](const E& e) { return e.latents.length; }), "byte");
    write("latents_of", column(entries, [](const E& e) {
              return fmt::format("{}", fmt::join(e.latent_of, " "));
          }));
}

}  // namespace

void ShardWriter::add(ArchiveEntry entry, std::span<const std::byte> data,
                      std::span<const std::byte> latents) {
    append(data_, entry.data, data);
    append(latents_, entry.latents, latents);
    entries_.push_back(std::move(entry));
}

bool ShardWriter::publish(const std::filesystem::path& path) {
    hdf5::Writer writer(path, Publish::first_wins);
    hdf5::write_attribute(writer.file(), "format", std::string("latentflow shard"));
    hdf5::write_attribute(writer.file(), "version", int64_t{1});
    hdf5::write_attribute(writer.file(), "id", header_.id);
    hdf5::write_attribute(writer.file(), "settings", header_.settings);
    hdf5::write_attribute(writer.file(), "software", header_.software);
    write_columns(writer.file(), entries_);
    const uint64_t data = write_bytes(writer.file(), "bytes", data_);
    const uint64_t latents = write_bytes(writer.file(), "latents", latents_);
    std::vector<ArchiveEntry> in_file = entries_;
    for (ArchiveEntry& entry : in_file) {
        entry.data.offset += data;
        entry.latents.offset += latents;
    }
    const std::string table = entries_csv(in_file);
    append_table(writer, deflated(std::as_bytes(std::span(table))));
    return writer.commit();
}

CheckedShard check_shard(const std::filesystem::path& path) {
    const std::string place = path.string();
    CheckedShard shard;
    shard.sha256 = check_signed_file(path);
    shard.entries = read_shard_entries(path);
    return shard;
}

std::vector<ArchiveEntry> read_shard_entries(const std::filesystem::path& path) {
    const std::string place = path.string();
    return parse_entries(text(inflated(read_table(File(path), place), place)),
                         place + ": its table");
}

}  // namespace formats
