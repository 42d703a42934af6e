// Writes the index of an archive, once all of its shards were found whole.
#include "formats/archive_index.hpp"
#include "nodes/archive.hpp"
#include "nodes/finalise.hpp"

#include <fmt/format.h>

namespace nodes {
namespace {

struct Params {
    std::filesystem::path archive;
};

class WriteIndex : public graph::Node {
  public:
    WriteIndex(const Params& params, const graph::Setup&) : params_(params) {}

    void receive(graph::Call& call) override {
        shards_.push_back(call.input<formats::ShardSummary>("summary"));
    }

    void finish() override {
        const auto plans = formats::read_plans(params_.archive);
        std::vector<std::string> missing;
        size_t found = 0, all = 0;
        for (const auto& plan : plans)
            for (size_t i = 0; i < plan.shards.size(); ++i, ++all)
                if (found < shards_.size() && shards_[found].name == plan.shard_name(i))
                    ++found;
                else
                    missing.push_back("shard " + plan.shard_name(i));
        if (!missing.empty()) throw IncompleteError(params_.archive, missing, all);
        formats::remove_stale_archive_temporaries(params_.archive);
        formats::write_index(params_.archive, plans, shards_);
        fmt::print("{} shards are whole; their index is {}\n", all,
                   formats::index_file(params_.archive).string());
    }

  private:
    const Params params_;
    std::vector<formats::ShardSummary> shards_;
};

const graph::Register node{[] {
    auto spec = graph::ordered_node<Params, WriteIndex>(
        {.name = "write_index",
         .doc = "Writes an archive's index and SHA256SUMS; if a shard is missing, neither.",
         .group = "output",
         .inputs = {graph::port<formats::ShardSummary>(graph::Clock::item, "summary",
                                                       "of every shard, in order")},
         .params = {
             graph::required(graph::param("archive", &Params::archive, "the archive's folder"))}});
    spec.writes = [](const void* params) {
        return std::vector<graph::Written>{
            {formats::index_file(static_cast<const Params*>(params)->archive), false}};
    };
    return spec;
}()};

}  // namespace
}  // namespace nodes
