// See finalise.hpp.
#include "nodes/finalise.hpp"

#include "formats/archive_index.hpp"
#include "formats/error.hpp"

#include <cerrno>

#include <fmt/format.h>
#include <tbb/parallel_for.h>

namespace nodes {

IncompleteError::IncompleteError(const std::filesystem::path& archive,
                                 const std::vector<std::string>& faults, size_t shards)
    : std::runtime_error(fmt::format(
          "{}: incomplete, and without an index: {} of {} shards are missing or damaged; run "
          "`pipeline run archive` again: {}{}",
          archive.string(), faults.size(), shards, faults.at(0),
          faults.size() > 1 ? fmt::format(" (and {} more)", faults.size() - 1) : "")) {}

void finalise(const std::filesystem::path& archive) {
    const auto plans = formats::read_plans(archive);
    std::vector<std::pair<const formats::ArchivePlan*, size_t>> all;
    for (const auto& plan : plans)
        for (size_t i = 0; i < plan.shards.size(); ++i) all.emplace_back(&plan, i);
    std::vector<formats::ShardSummary> shards(all.size());
    std::vector<std::string> found(all.size());
    tbb::parallel_for(size_t{0}, all.size(), [&](size_t i) {
        try {
            shards[i] = formats::check_planned_shard(archive, *all[i].first, all[i].second);
        } catch (const formats::FormatError& error) {
            found[i] = error.what();
        } catch (const formats::IoError& error) {
            if (error.number() != ENOENT) throw;  // of a disk that fails the shard may be whole
            found[i] = error.what();
        }
    });
    std::erase(found, "");
    if (!found.empty()) throw IncompleteError(archive, found, all.size());
    formats::write_index(archive, plans, shards);
}

}  // namespace nodes
