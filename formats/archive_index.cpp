// See archive_index.hpp.
#include "formats/archive_index.hpp"

#include "formats/archive_table.hpp"
#include "formats/csv.hpp"
#include "formats/digest.hpp"
#include "formats/folder.hpp"
#include "formats/hdf5_columns.hpp"
#include "formats/hdf5_file.hpp"

#include <numeric>

#include <fmt/format.h>

namespace formats {
namespace {

namespace fs = std::filesystem;
using hdf5::call;
using hdf5::Handle;

const std::string writing = "index being written";

std::string name_in_archive(const ShardSummary& shard) { return "shards/" + shard.name + ".h5"; }

/// A dataset that shows the same one of all shards, one after the other. `first_shard` is open, and
/// `rows` are those of each.
void write_virtual(hid_t file, hid_t first_shard, const std::vector<ShardSummary>& shards,
                   const std::string& name, const std::vector<hsize_t>& rows) {
    const hsize_t all = std::accumulate(rows.begin(), rows.end(), hsize_t{0});
    const Handle list(call(writing, H5Pcreate, H5P_DATASET_CREATE), H5Pclose);
    call(writing, H5Pset_obj_track_times, list, false);
    const Handle space(call(writing, H5Screate_simple, 1, &all, nullptr), H5Sclose);
    hsize_t first = 0;
    const std::string place = name_in_archive(shards[0]);
    const Handle alike = hdf5::open_dataset(first_shard, name, place);
    const Handle type(call(place, H5Dget_type, alike), H5Tclose);
    for (size_t i = 0; i < shards.size(); ++i) {
        const std::string shard = name_in_archive(shards[i]);
        if (rows[i] == 0) continue;
        const Handle source(call(writing, H5Screate_simple, 1, &rows[i], nullptr), H5Sclose);
        call(writing, H5Sselect_hyperslab, space, H5S_SELECT_SET, &first, nullptr, &rows[i],
             nullptr);
        call(writing, H5Pset_virtual, list, space, shard.c_str(), name.c_str(), source);
        first += rows[i];
    }
    if (all > 0) call(writing, H5Sselect_all, space);
    // Without rows there is nothing to show, and libhdf5 makes no virtual dataset of nothing.
    const Handle plain(call(writing, H5Pcreate, H5P_DATASET_CREATE), H5Pclose);
    call(writing, H5Pset_obj_track_times, plain, false);
    const Handle dataset(call(writing, H5Dcreate2, file, name.c_str(), type, space, H5P_DEFAULT,
                              all > 0 ? hid_t{list} : hid_t{plain}, H5P_DEFAULT),
                         H5Dclose);
}

void write_datasets(hid_t file, const fs::path& archive, const std::vector<ShardSummary>& shards) {
    std::vector<hsize_t> images, data, latents;
    std::vector<uint64_t> offsets, lengths, latents_offsets, latents_lengths;
    uint64_t offset = 0, latents_offset = 0;
    for (const ShardSummary& shard : shards) {
        images.push_back(shard.images());
        const uint64_t before = offset, latents_before = latents_offset;
        for (size_t i = 0; i < shard.images(); ++i) {
            offsets.push_back(offset);
            lengths.push_back(shard.data_lengths[i]);
            latents_offsets.push_back(latents_offset);
            latents_lengths.push_back(shard.latents_lengths[i]);
            offset += lengths.back();
            latents_offset += latents_lengths.back();
        }
        data.push_back(offset - before);
        latents.push_back(latents_offset - latents_before);
    }
    std::vector<uint64_t> ids(offsets.size());
    std::iota(ids.begin(), ids.end(), uint64_t{0});
    const Handle scale = hdf5::write_column(file, "id", ids);
    const auto named = [&](const Handle& column) { hdf5::name_dimension(column, 0, scale, "id"); };
    named(hdf5::write_column(file, "offset", offsets, "byte"));
    named(hdf5::write_column(file, "length", lengths, "byte"));
    named(hdf5::write_column(file, "latents_offset", latents_offsets, "byte"));
    named(hdf5::write_column(file, "latents_length", latents_lengths, "byte"));
    if (shards.empty()) return;
    const hdf5::Reader first(shard_file(archive, shards[0].name));
    for (const char* name :
         {"path", "sha256", "size", "coding", "model", "width", "height", "channels", "pages",
          "type", "tags", "psnr", "ssim", "max_error", "digest", "latents_of"})
        write_virtual(file, first.file(), shards, name, images);
    write_virtual(file, first.file(), shards, "bytes", data);
    write_virtual(file, first.file(), shards, "latents", latents);
}

/// Copies of the shards' tables, and the directory of them.
void append_tables(hdf5::Writer& writer, const fs::path& archive,
                   const std::vector<ShardSummary>& shards) {
    Table directory{{"name", "sha256", "first", "images", "offset", "length", "digest"}, {}};
    uint64_t first = 0;
    for (const ShardSummary& shard : shards) {
        const fs::path file = shard_file(archive, shard.name);
        const auto table = read_table(File(file), file.string());
        const uint64_t offset = writer.append(table);
        directory.rows.push_back({shard.name, shard.sha256, std::to_string(first),
                                  std::to_string(shard.images()), std::to_string(offset),
                                  std::to_string(table.size()), sha256(table)});
        first += shard.images();
    }
    const std::string text = to_csv(directory);
    append_table(writer, deflated(std::as_bytes(std::span(text))));
}

void write_sums(const fs::path& archive, const std::vector<ShardSummary>& shards) {
    std::map<std::string, std::string> sums;
    for (const ShardSummary& shard : shards) sums[name_in_archive(shard)] = shard.sha256;
    for (const char* folder : {"plans", "models"})
        for (const auto& entry : list_folder(archive / folder))
            if (!is_temporary(entry.path()))
                sums[folder + ("/" + entry.path().filename().string())] = sha256_file(entry.path());
    sums["index.h5"] = sha256_file(index_file(archive));
    std::string text;
    for (const auto& [file, digest] : sums) text += digest + "  " + file + "\n";
    publish_text(archive / "SHA256SUMS", text);
}

}  // namespace

ShardSummary check_planned_shard(const fs::path& archive, const ArchivePlan& plan, size_t shard) {
    ShardSummary summary;
    summary.name = plan.shard_name(shard);
    const fs::path path = shard_file(archive, summary.name);
    const CheckedShard checked = check_shard(path);
    const auto files = plan.files_of(shard);
    const auto same = [&](const ArchiveEntry& entry, const PlannedFile& file) {
        return entry.path == plan.prefix + file.path && entry.sha256 == file.sha256 &&
               entry.size == file.size;
    };
    if (!std::equal(checked.entries.begin(), checked.entries.end(), files.begin(), files.end(),
                    same))
        throw FormatError(path.string() + ": holds other images than " +
                          plan_file(archive, plan.number).string() + " has for it");
    summary.sha256 = checked.sha256;
    for (const ArchiveEntry& entry : checked.entries) {
        summary.data_lengths.push_back(entry.data.length);
        summary.latents_lengths.push_back(entry.latents.length);
    }
    return summary;
}

void write_index(const fs::path& archive, const std::vector<ArchivePlan>& plans,
                 const std::vector<ShardSummary>& shards) {
    hdf5::Writer writer(index_file(archive), Publish::replace);
    hdf5::write_attribute(writer.file(), "format", std::string("latentflow archive"));
    hdf5::write_attribute(writer.file(), "version", int64_t{1});
    hdf5::write_attribute(writer.file(), "pipeline", plans.at(0).pipeline);
    hdf5::write_attribute(writer.file(), "software", plans.at(0).software);
    write_datasets(writer.file(), archive, shards);
    append_tables(writer, archive, shards);
    writer.commit();
    write_sums(archive, shards);
}

std::map<std::string, std::string> read_sums(const fs::path& archive) {
    const fs::path path = archive / "SHA256SUMS";
    const auto bytes = read_file(path, uint64_t{1} << 32);
    std::map<std::string, std::string> sums;
    std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    for (size_t line = 1; !text.empty(); ++line) {
        const size_t end = text.find('\n');
        if (end == std::string_view::npos || end < digest_length + 3 ||
            text.substr(digest_length, 2) != "  ")
            throw FormatError(
                fmt::format("{}:{}: damaged: no digest and file", path.string(), line));
        sums.emplace(text.substr(digest_length + 2, end - digest_length - 2),
                     text.substr(0, digest_length));
        text.remove_prefix(end + 1);
    }
    return sums;
}

}  // namespace formats
