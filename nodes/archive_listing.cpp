// See archive_listing.hpp.
#include "nodes/archive_listing.hpp"

#include "formats/error.hpp"
#include "graph/node.hpp"

#include <algorithm>

namespace nodes {

namespace {

formats::Archive opened(const std::filesystem::path& folder) {
    try {
        return formats::Archive(folder);
    } catch (const formats::FormatError& error) {
        throw graph::ConfigurationError(error.what());
    }
}

}  // namespace

ArchiveListing::ArchiveListing(const std::filesystem::path& folder, size_t kept)
    : archive_(opened(folder)), kept_(kept) {}

ArchiveListing::Entries ArchiveListing::entries(size_t shard) const {
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find(cache_, shard, &std::pair<size_t, Entries>::first);
    if (found != cache_.end())
        cache_.splice(cache_.begin(), cache_, found);
    else
        cache_.emplace_front(shard, std::make_shared<const std::vector<formats::ArchiveEntry>>(
                                        archive_.entries(shards().at(shard))));
    if (cache_.size() > kept_) cache_.pop_back();
    return cache_.front().second;
}

std::optional<std::vector<std::string>> ArchiveListing::planned_paths(size_t shard) const try {
    const formats::Archive::Shard& one = shards().at(shard);
    const formats::ShardPlace place = formats::shard_place(one.name);
    const std::lock_guard lock(mutex_);
    if (plan_.shards.empty() || plan_.number != place.plan)
        plan_ = formats::read_plan(formats::plan_file(archive_.folder(), place.plan));
    if (place.shard >= plan_.shards.size() || plan_.shards[place.shard].count != one.images)
        return {};
    std::vector<std::string> paths;
    for (const formats::PlannedFile& file : plan_.files_of(place.shard))
        paths.push_back(plan_.prefix + file.path);
    return paths;
} catch (const std::runtime_error&) {
    return {};
}

std::string ArchiveListing::unknown_path(size_t shard, size_t index) const {
    const formats::Archive::Shard& one = shards().at(shard);
    return fmt::format("image {} of shards/{}.h5", one.first + index, one.name);
}

std::optional<std::string> ArchiveOrigins::path(const std::string& shard,
                                                const std::string& path) const {
    const std::lock_guard lock(mutex_);
    std::optional<std::string> none;
    try {
        const int plan = formats::shard_place(shard).plan;
        auto found = prefixes_.find(plan);
        if (found == prefixes_.end()) {
            const auto file = formats::plan_file(archive_, plan);
            if (std::filesystem::exists(file)) try {
                    none = formats::read_plan_header(file).prefix;
                } catch (const formats::FormatError&) {
                    // A damaged plan has none.
                }
            found = prefixes_.emplace(plan, std::move(none)).first;
        }
        if (found->second && path.starts_with(*found->second))
            return path.substr(found->second->size());
    } catch (const formats::FormatError&) {
        // Not a name that a plan gives.
    }
    return {};
}

}  // namespace nodes
