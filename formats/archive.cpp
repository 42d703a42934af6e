// See archive.hpp.
#include "formats/archive.hpp"

#include "formats/archive_table.hpp"
#include "formats/csv.hpp"
#include "formats/digest.hpp"
#include "formats/error.hpp"
#include "formats/folder.hpp"
#include "formats/publish.hpp"
#include "formats/shard.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace formats {
namespace {

namespace fs = std::filesystem;

std::string text(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

uint64_t number(const std::string& text, const std::string& place) {
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
        throw FormatError(place + ": '" + text + "' is no number");
    return value;
}

/// The bytes of a blob, unless they are not those that were written.
std::vector<std::byte> read_blob(const File& file, const Blob& blob, const std::string& place) {
    const uint64_t size = file.size();
    if (blob.length > size || blob.offset > size - blob.length)
        throw FormatError(place + ": damaged: the file is shorter than it was");
    std::vector<std::byte> bytes(blob.length);
    if (file.read_at(blob.offset, bytes) != bytes.size() ||
        (!bytes.empty() && sha256(bytes) != blob.sha256))
        throw FormatError(place + ": damaged: its bytes have another SHA-256 than was written");
    return bytes;
}

}  // namespace

Archive::Archive(fs::path folder) : folder_(std::move(folder)) {
    if (!fs::is_directory(folder_ / "shards"))
        throw FormatError(folder_.string() + ": is no archive: it has no folder 'shards'");
    try {
        read_directory();
    } catch (const std::exception& error) {
        shards_.clear();
        complaints_.push_back(
            fmt::format("{}; going by the plans (`pipeline run finalise -p "
                        "archive={}` writes it again)",
                        error.what(), folder_.string()));
    }
    const int known = shards_.empty() ? 0 : shard_place(shards_.back().name).plan;
    try {
        if (known == 0)
            add_plans(1);
        else if (fs::exists(plan_file(folder_, known + 1))) {
            add_plans(known + 1);
            complaints_.push_back(fmt::format(
                "{}: is not in the index yet: once its shards are written, `pipeline run finalise "
                "-p archive={}` adds it",
                plan_file(folder_, known + 1).string(), folder_.string()));
        }
    } catch (const std::exception& error) {
        complaints_.push_back(std::string(error.what()) +
                              "; a shard that is missing will not be noticed");
        if (known == 0) list_shards();
    }
}

void Archive::add(const std::string& name, uint64_t images) {
    shards_.push_back({name, size(), images, "", {}});
}

void Archive::read_directory() {
    const fs::path path = index_file(folder_);
    const std::string place = path.string();
    const Table directory = parse_csv(text(inflated(read_table(File(path), place), place)), place);
    const auto at = [&](const char* column) { return directory.column(column); };
    uint64_t next = 0;
    for (const auto& row : directory.rows) {
        Shard shard{row[at("name")],
                    number(row[at("first")], place),
                    number(row[at("images")], place),
                    row[at("sha256")],
                    {number(row[at("offset")], place), number(row[at("length")], place),
                     row[at("digest")]}};
        if (!is_safe_path(shard.name) || shard.first != next)
            throw FormatError(place + ": its directory makes no sense");
        next += shard.images;
        shards_.push_back(std::move(shard));
    }
}

void Archive::add_plans(int first) {
    const auto read = [&](const ArchivePlan& plan) {
        for (size_t i = 0; i < plan.shards.size(); ++i)
            add(plan.shard_name(i), plan.shards[i].count);
    };
    if (!fs::exists(plan_file(folder_, first)))
        throw FormatError(plan_file(folder_, first).string() + ": is missing");
    if (first == 1) {
        for (const ArchivePlan& plan : read_plans(folder_)) read(plan);
        return;
    }
    for (int number = first; fs::exists(plan_file(folder_, number)); ++number)
        read(read_plan(plan_file(folder_, number)));
}

void Archive::list_shards() {
    shards_.clear();
    std::vector<std::string> names;
    for (const auto& entry : list_folder(folder_ / "shards"))
        if (entry.path().extension() == ".h5" && !is_temporary(entry.path()))
            names.push_back(entry.path().stem().string());
    std::ranges::sort(names);
    for (const std::string& name : names) try {
            add(name, read_shard_entries(shard_file(folder_, name)).size());
        } catch (const std::exception& error) {
            complaints_.push_back(error.what());
        }
}

uint64_t Archive::size() const {
    return shards_.empty() ? 0 : shards_.back().first + shards_.back().images;
}

std::vector<ArchiveEntry> Archive::entries(const Shard& shard) const {
    const auto checked = [&](std::vector<ArchiveEntry> entries, const std::string& place) {
        if (entries.size() != shard.images)
            throw FormatError(fmt::format("{}: {} images, but there should be {}", place,
                                          entries.size(), shard.images));
        return entries;
    };
    const fs::path own = shard_file(folder_, shard.name);
    if (shard.table.length > 0) try {
            const std::string place = index_file(folder_).string() + ": table of " + shard.name;
            const auto table = read_blob(File(index_file(folder_)), shard.table, place);
            return checked(parse_entries(text(inflated(table, place)), place), place);
        } catch (const FormatError&) {
            // The shard has the same.
        }
    return checked(read_shard_entries(own), own.string());
}

const Archive::Shard& Archive::shard_of(uint64_t id) const {
    const auto after = std::ranges::upper_bound(shards_, id, {}, &Shard::first);
    if (after == shards_.begin() || id >= size())
        throw FormatError(fmt::format("{}: image {} was asked for, but there are {}",
                                      folder_.string(), id, size()));
    return *(after - 1);
}

std::vector<std::byte> Archive::read(const Shard& shard, const ArchiveEntry& entry,
                                     const Blob& blob) const {
    return read_stored(folder_, shard.name, entry, blob);
}

std::vector<std::byte> read_stored(const fs::path& archive, const std::string& shard,
                                   const ArchiveEntry& entry, const Blob& blob) {
    const fs::path path = shard_file(archive, shard);
    return read_blob(File(path), blob, entry.path + " (in " + path.string() + ")");
}

}  // namespace formats
