// See archive_plan.hpp.
#include "formats/archive_plan.hpp"

#include "formats/digest.hpp"
#include "formats/folder.hpp"
#include "formats/hdf5_columns.hpp"
#include "formats/hdf5_file.hpp"

#include <charconv>
#include <span>

#include <fmt/format.h>

namespace formats {
namespace {

namespace fs = std::filesystem;

const std::string plan_format = "latentflow plan";
constexpr int64_t plan_version = 1;

std::string shard_id(const ArchivePlan& plan, std::span<const PlannedFile> files) {
    Sha256 digest;
    const auto add = [&](const std::string& text) {
        // With the 0 at the end, so that no two lists of texts are the same bytes.
        digest.update(std::as_bytes(std::span(text.c_str(), text.size() + 1)));
    };
    add(plan.model);
    add(plan.settings);
    for (const PlannedFile& file : files) {
        add(plan.prefix + file.path);
        add(file.sha256);
    }
    return digest.hex();
}

void check_shards(const ArchivePlan& plan, uint64_t files, const std::string& place) {
    uint64_t next = 0;
    for (const PlannedShard& shard : plan.shards) {
        if (shard.first != next || shard.count == 0 || shard.count > files - next)
            throw FormatError(place + ": its shards do not fit its files");
        next += shard.count;
    }
    if (next != files) throw FormatError(place + ": not every file is in a shard");
}

}  // namespace

std::string ArchivePlan::shard_name(size_t shard) const {
    constexpr size_t digits = 16;
    return fmt::format("{:04}-{:06}-{}", number, shard, shards[shard].id.substr(0, digits));
}

ShardPlace shard_place(const std::string& name) {
    ShardPlace place;
    const char* const end = name.data() + name.size();
    const auto plan = std::from_chars(name.data(), end, place.plan);
    if (plan.ec == std::errc() && place.plan > 0 && plan.ptr != end && *plan.ptr == '-') {
        const auto shard = std::from_chars(plan.ptr + 1, end, place.shard);
        if (shard.ec == std::errc() && shard.ptr != end && *shard.ptr == '-') return place;
    }
    throw FormatError("'" + name + "' is not the name of a shard");
}

/// A plan's file, open.
class PlanReader {
  public:
    explicit PlanReader(const fs::path& path) : place_(path.string()), reader_(path) {
        const uint64_t digests = hdf5::count_rows(reader_.file(), "sha256", place_);
        files_ = hdf5::count_rows(reader_.file(), "path", place_);
        if (files_ != digests || files_ != hdf5::count_rows(reader_.file(), "size", place_))
            throw FormatError(place_ + ": its columns are not of one length");
    }

    const std::string& place() const { return place_; }
    hid_t file() const { return reader_.file(); }
    uint64_t files() const { return files_; }

    PlannedFiles read(const PlannedShard& shard) const {
        const hdf5::Rows rows{shard.first, shard.count};
        const auto sizes = hdf5::read_naturals(reader_.file(), "size", place_, rows);
        PlannedFiles files(sizes.size());
        auto next = files.begin();
        for (size_t i = 0; i < sizes.size(); ++i) files[i].size = sizes[i];
        const auto take_path = [&](std::string path) { (next++)->path = std::move(path); };
        hdf5::read_texts(reader_.file(), "path", place_, 0, take_path, rows);
        next = files.begin();
        const auto take_digest = [&](const std::string& digits) { (next++)->sha256 = digits; };
        hdf5::read_texts(reader_.file(), "sha256", place_, digest_length, take_digest, rows);
        return files;
    }

  private:
    std::string place_;
    hdf5::Reader reader_;
    uint64_t files_ = 0;
};

PlannedFiles ArchivePlan::files_of(size_t number) const {
    const PlannedShard& shard = shards.at(number);
    if (!reader) {
        const auto first = files.begin() + static_cast<std::ptrdiff_t>(shard.first);
        return {first, first + static_cast<std::ptrdiff_t>(shard.count)};
    }
    PlannedFiles read = reader->read(shard);
    if (shard_id(*this, read) != shard.id)
        throw FormatError(reader->place() + ": its shards do not fit its files");
    return read;
}

std::vector<PlannedShard> cut_shards(const ArchivePlan& plan, uint64_t max_files,
                                     uint64_t max_bytes) {
    std::vector<PlannedShard> shards;
    uint64_t bytes = 0;
    for (uint64_t i = 0; i < plan.files.size(); ++i) {
        const uint64_t size = plan.files[i].size;
        if (shards.empty() || shards.back().count == max_files || bytes + size > max_bytes) {
            shards.push_back({i, 0, ""});
            bytes = 0;
        }
        ++shards.back().count;
        bytes += size;
    }
    for (PlannedShard& shard : shards)
        shard.id = shard_id(plan, std::span(plan.files).subspan(shard.first, shard.count));
    return shards;
}

fs::path plan_file(const fs::path& archive, int number) {
    return archive / "plans" / fmt::format("{:04}.h5", number);
}
fs::path shard_file(const fs::path& archive, const std::string& name) {
    return archive / "shards" / (name + ".h5");
}
fs::path model_file(const fs::path& archive, const std::string& digest) {
    return archive / "models" / (digest + ".h5");
}
fs::path index_file(const fs::path& archive) { return archive / "index.h5"; }

void remove_stale_archive_temporaries(const fs::path& archive) {
    for (const fs::path& folder :
         {archive, archive / "plans", archive / "models", archive / "shards"})
        remove_stale_temporaries(folder);
}

bool write_plan(const fs::path& archive, const ArchivePlan& plan) {
    const fs::path path = plan_file(archive, plan.number);
    check_shards(plan, plan.files.size(), path.string());
    make_folder(archive);
    for (const char* folder : {"plans", "models", "shards"}) make_folder(archive / folder);
    hdf5::Writer writer(path, Publish::first_wins);
    const hid_t file = writer.file();
    hdf5::write_attribute(file, "format", plan_format);
    hdf5::write_attribute(file, "version", plan_version);
    hdf5::write_attribute(file, "number", int64_t{plan.number});
    hdf5::write_attribute(file, "input", plan.input);
    hdf5::write_attribute(file, "prefix", plan.prefix);
    hdf5::write_attribute(file, "settings", plan.settings);
    hdf5::write_attribute(file, "model", plan.model);
    hdf5::write_attribute(file, "pipeline", plan.pipeline);
    hdf5::write_attribute(file, "software", plan.software);
    const size_t rows = plan.files.size();
    std::vector<uint64_t> sizes;
    for (const PlannedFile& one : plan.files) sizes.push_back(one.size);
    std::string digits;
    hdf5::write_texts(file, "path", rows,
                      [&](size_t row) -> const std::string& { return plan.files[row].path; });
    hdf5::write_column(file, "size", sizes, "byte");
    hdf5::write_texts(
        file, "sha256", rows,
        [&](size_t row) -> const std::string& { return digits = plan.files[row].sha256; },
        digest_length);
    std::vector<uint64_t> firsts, counts;
    std::vector<std::string> ids;
    for (const PlannedShard& shard : plan.shards) {
        firsts.push_back(shard.first);
        counts.push_back(shard.count);
        ids.push_back(shard.id);
    }
    hdf5::write_column(file, "shard_first", firsts);
    hdf5::write_column(file, "shard_count", counts);
    hdf5::write_column(file, "shard_id", ids, digest_length);
    return writer.commit();
}

namespace {

ArchivePlan read_header(hid_t file, const std::string& place) {
    const auto attributes = hdf5::attributes(file, place);
    hdf5::check_format(attributes, plan_format, plan_version, place);
    ArchivePlan plan;
    plan.number = static_cast<int>(hdf5::get<int64_t>(attributes, "number", place));
    plan.input = hdf5::get<std::string>(attributes, "input", place);
    plan.prefix = hdf5::get<std::string>(attributes, "prefix", place);
    plan.settings = hdf5::get<std::string>(attributes, "settings", place);
    plan.model = hdf5::get<std::string>(attributes, "model", place);
    plan.pipeline = hdf5::get<std::string>(attributes, "pipeline", place);
    plan.software = hdf5::get<std::string>(attributes, "software", place);
    return plan;
}

}  // namespace

ArchivePlan read_plan_header(const fs::path& path) {
    return read_header(hdf5::Reader(path).file(), path.string());
}

ArchivePlan read_plan(const fs::path& path) {
    const auto reader = std::make_shared<const PlanReader>(path);
    const std::string& place = reader->place();
    ArchivePlan plan = read_header(reader->file(), place);
    const auto firsts = hdf5::read_naturals(reader->file(), "shard_first", place);
    const auto counts = hdf5::read_naturals(reader->file(), "shard_count", place);
    auto ids = hdf5::read_texts(reader->file(), "shard_id", place, digest_length);
    if (counts.size() != firsts.size() || ids.size() != firsts.size())
        throw FormatError(place + ": its columns are not of one length");
    for (size_t i = 0; i < ids.size(); ++i)
        plan.shards.push_back({firsts[i], counts[i], std::move(ids[i])});
    check_shards(plan, reader->files(), place);
    plan.reader = reader;
    return plan;
}

std::vector<ArchivePlan> read_plans(const fs::path& archive) {
    std::vector<ArchivePlan> plans;
    while (fs::exists(plan_file(archive, static_cast<int>(plans.size()) + 1)))
        plans.push_back(read_plan(plan_file(archive, static_cast<int>(plans.size()) + 1)));
    size_t there = 0;
    if (fs::exists(archive / "plans"))
        for (const auto& entry : list_folder(archive / "plans"))
            if (entry.path().extension() == ".h5" && !is_temporary(entry.path())) ++there;
    if (there != plans.size())
        throw FormatError(
            fmt::format("{} is missing, and plans after it are there: take it from "
                        "a copy",
                        plan_file(archive, static_cast<int>(plans.size()) + 1).string()));
    return plans;
}

}  // namespace formats
