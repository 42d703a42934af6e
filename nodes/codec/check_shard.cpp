// Reads shards from one end to the other, side by side: only what is whole goes into an index.
#include "formats/archive_index.hpp"
#include "nodes/archive.hpp"

namespace nodes {
namespace {

struct Params {
    std::filesystem::path archive;
};

formats::ShardSummary check_shard(const Params& params, const ShardJob& job) {
    return formats::check_planned_shard(params.archive, *job.plan, job.shard);
}

using graph::Clock;
const graph::Register node{graph::map<Params, ShardJob, formats::ShardSummary>(
    {.name = "check_shard",
     .doc = "Checks every byte of a shard, and that it holds what was planned for it.",
     .group = "codec",
     .inputs = {graph::port<ShardJob>(Clock::item, "shard", "which")},
     .outputs = {graph::port<formats::ShardSummary>(Clock::item, "summary",
                                                    "what the index keeps of it")},
     .params = {graph::required(
         graph::param("archive", &Params::archive, "the archive's folder"))}},
    check_shard)};

}  // namespace
}  // namespace nodes
